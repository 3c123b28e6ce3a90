"""What a server that is not the wanted one learns from a MySQL client that wants TLS."""

import socket
import ssl
import struct
import threading

import pytest

from support.certificates import Certificates

# Protocol 10, and 41 with TLS, secure passwords, a database and plugins for authentication.
CAPABILITIES = 0x0008AA09
GREETING = (b"\x0a8.0.36\0" + b"\1\0\0\0" + b"scramble\0" + struct.pack("<H", CAPABILITIES & 0xFFFF)
            + b"\x2d\2\0" + struct.pack("<H", CAPABILITIES >> 16) + b"\x15" + bytes(10)
            + b"scramble-two\0" + b"mysql_native_password\0")
TLS_REQUEST = 4 + 32


class Stranger:
    """A server that greets as MySQL does, and hears what one client says to it by TLS."""

    def __init__(self, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.names = []      # What clients asked for by SNI; None for one that did not.
        self.heard = None    # The first words after the handshake; empty if it failed.
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        self.listener.settimeout(20)
        client, _ = self.listener.accept()
        client.settimeout(20)
        with client:
            client.sendall(len(GREETING).to_bytes(3, "little") + b"\0" + GREETING)
            assert len(client.recv(TLS_REQUEST, socket.MSG_WAITALL)) == TLS_REQUEST
            try:
                with self.context.wrap_socket(client, server_side=True) as private:
                    self.heard = private.recv(65536)
            except (ssl.SSLError, ConnectionError):
                self.heard = b""

    def close(self):
        self.thread.join()
        self.listener.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def meet(collect, certificates):
    """Leads a collector to a stranger with that certificate, and returns the stranger."""

    def lead(certificate, host, parameters):
        stranger = Stranger(certificates.certificate(certificate), certificates.key(certificate))
        ca = certificates.certificate(certificates.ca)
        url = (f"mysql://exporter:secret@{host}:{stranger.port}/shop?"
               + parameters.format(ca=f"ssl_ca={ca}"))
        try:
            page = collect(f"""
collectors:
  - type: sql
    dsn: "{url}"
    counts: [{{metric: jobs, table: jobs}}]
""", code=1)
        finally:
            stranger.close()
        assert page.errors("sql", "connect") == 1
        return stranger

    return lead


@pytest.mark.parametrize("certificate", ["other-ca", "expired"])
@pytest.mark.parametrize("parameters", [
    "ssl-mode=VERIFY_CA&{ca}", "ssl-mode=VERIFY_IDENTITY&{ca}", "ssl-mode=VERIFY_CA",
    "ssl-mode=VERIFY_IDENTITY"])
def test_a_bad_certificate_learns_nothing_where_it_is_verified(meet, certificate, parameters):
    assert meet(certificate, "127.0.0.1", parameters).heard == b""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_host_learns_nothing_where_the_host_is_verified(meet, host):
    assert meet("wrong-host", host, "ssl-mode=VERIFY_IDENTITY&{ca}").heard == b""


@pytest.mark.parametrize("certificate,parameters", [
    ("good", "ssl-mode=VERIFY_IDENTITY&{ca}"),
    ("wrong-host", "ssl-mode=VERIFY_CA&{ca}"),
    ("expired", "ssl-mode=REQUIRED"),
    ("other-ca", ""),
])
def test_a_certificate_that_is_good_enough_hears_who_comes(meet, certificate, parameters):
    assert b"exporter\0" in meet(certificate, "localhost", parameters).heard


@pytest.mark.parametrize("host,name", [("localhost", "localhost"), ("127.0.0.1", None)])
@pytest.mark.parametrize("parameters", ["ssl-mode=VERIFY_IDENTITY&{ca}", "ssl-mode=REQUIRED"])
def test_a_server_is_asked_for_by_its_name_and_by_no_address(meet, host, name, parameters):
    assert meet("good", host, parameters).names == [name]
