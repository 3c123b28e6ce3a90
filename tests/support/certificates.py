"""Certificates for servers on loopback, good and bad."""

import subprocess

from .processes import program


class Certificates:
    """A CA and what it has signed, and a CA that nobody trusts; PEM files in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self._authority("ca")
        self.other_ca = self._authority("other-ca")
        self.good = self._signed("good", "IP:127.0.0.1,DNS:localhost")
        self.wrong_host = self._signed("wrong-host", "DNS:elsewhere.example")
        # It ends in the second in which it begins; OpenSSL 3.5 makes none that ends before.
        self.expired = self._signed("expired", "IP:127.0.0.1,DNS:localhost", days=0)
        self.client = self._signed("client", "DNS:exporter.example")

    def _openssl(self, *words):
        done = subprocess.run([program("openssl"), *map(str, words)], cwd=self.folder, text=True,
                              capture_output=True, timeout=30)
        assert done.returncode == 0, f"openssl {words}: {done.stderr}"

    def key(self, name):
        return self.folder / f"{name}.key"

    def certificate(self, name):
        return self.folder / f"{name}.crt"

    _NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def _authority(self, name):
        self._openssl("req", "-x509", *self._NEW_KEY, "-keyout", self.key(name), "-days", 2,
                      "-subj", f"/CN={name}", "-out", self.certificate(name))
        return name

    def _signed(self, name, names, days=2):
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName = {names}\n")
        self._openssl("req", "-new", *self._NEW_KEY, "-keyout", self.key(name), "-subj",
                      f"/CN={name}", "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate("ca"), "-CAkey",
                      self.key("ca"), "-CAcreateserial", "-days", days, "-extfile", extensions,
                      "-out", self.certificate(name))
        return name
