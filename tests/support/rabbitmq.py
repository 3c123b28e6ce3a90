"""A real RabbitMQ server, private to the test that started it, on loopback."""

import base64
import http.client
import json
import os
import subprocess
import urllib.parse

from .processes import Process, free_port, program
from .servers import RABBITMQ_PASSWORD
from .waiting import eventually

# Debian's own scripts, below the wrapper that demands one user and one folder.
_SCRIPTS = "usr/lib/rabbitmq/bin"

# The API's figures are as old as the shortest sample: one second and not five.
_FRESH_SAMPLES = [f"management.sample_retention_policies.{policy} = 1"
                  for policy in ("global.minute", "basic.minute", "detailed.10")]


class _Epmd(Process):
    """The port mapper that an Erlang node registers with: on a port of its own, loopback only."""

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.environment = {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self.port)}
        self.spawn([program("epmd"), "-port", self.port, "-address", "127.0.0.1"])
        eventually(self._answers, 10, "epmd answers")

    def _answers(self):
        self.assert_running()
        return subprocess.run([program("epmd"), "-port", str(self.port), "-names"],
                              capture_output=True, timeout=5).returncode == 0


class RabbitMq(Process):
    """A broker with the virtual host `/` and the user `exporter`, who may do anything.

    It has the management plugin, whose API serves the calls below. What the tests change (users,
    rights, queues) outlives its end and start(): messages only if they are persistent, as Celery's
    are. With `certificates` it speaks TLS on tls_port too, with the one called `name`.
    """

    USER = "exporter"
    PASSWORD = RABBITMQ_PASSWORD

    def __init__(self, certificates=None, name=None):
        super().__init__()
        self.port, self.api_port, self._dist_port = free_port(), free_port(), free_port()
        self.tls_port = free_port() if certificates else None
        self._tls = self._tls_settings(certificates, name) if certificates else []
        self._epmd = _Epmd()
        self._environment = self._settings()
        self.start()

    def _tls_settings(self, certificates, name):
        return [f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}",
                f"ssl_options.cacertfile = {certificates.certificate(certificates.ca)}",
                f"ssl_options.certfile = {certificates.certificate(name)}",
                f"ssl_options.keyfile = {certificates.key(name)}",
                "ssl_options.verify = verify_none"]

    def _settings(self):
        (self.folder / "plugins").write_text("[rabbitmq_management].\n")
        (self.folder / "definitions.json").write_text(json.dumps({
            "users": [{"name": self.USER, "password": self.PASSWORD, "tags": "administrator"}],
            "vhosts": [{"name": "/"}],
            "permissions": [{"user": self.USER, "vhost": "/",
                             "configure": ".*", "write": ".*", "read": ".*"}]}))
        (self.folder / "rabbitmq.conf").write_text("\n".join([
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            *self._tls,
            f"load_definitions = {self.folder}/definitions.json",
            "loopback_users = none",
            "vm_memory_high_watermark.absolute = 512MB",
            "disk_free_limit.absolute = 1MB",
            "management.tcp.ip = 127.0.0.1",
            f"management.tcp.port = {self.api_port}",
            "collect_statistics_interval = 300",
            *_FRESH_SAMPLES, ""]))
        return {**os.environ, **self._epmd.environment,
                "HOME": str(self.folder),   # of the cookie
                "RABBITMQ_NODENAME": f"rabbit{self.port}@localhost",
                "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                "RABBITMQ_DIST_PORT": str(self._dist_port),
                "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
                "RABBITMQ_CONF_ENV_FILE": str(self.folder / "no-env.conf"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
                "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
                "RABBITMQ_LOG_BASE": str(self.folder / "log"),
                "RABBITMQ_LOGS": "-",
                "RABBITMQ_PID_FILE": str(self.folder / "pid"),
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                    "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none "
                    "-rabbit quorum_tick_interval 500"}

    def start(self):
        self.spawn([program("rabbitmq-server", f"{_SCRIPTS}/rabbitmq-server")],
                   env=self._environment, cwd=self.folder)
        eventually(self._answers, 60, "RabbitMQ answers")

    # The name that the tests of faults know; the tables of a killed node are in order.
    restart_after_kill = start

    def limit_memory(self, megabytes):
        """Above so much, as it always is above 1, the broker lets nobody publish."""
        self.control("set_vm_memory_high_watermark", "absolute", f"{megabytes}MB")

    def control(self, *words):
        """What rabbitmqctl prints."""
        return subprocess.run([program("rabbitmqctl", f"{_SCRIPTS}/rabbitmqctl"), *words],
                              env=self._environment, cwd=self.folder, check=True, text=True,
                              capture_output=True, timeout=60).stdout

    def _answers(self):
        self.assert_running()
        try:
            return self.api("GET", "/api/whoami")["name"] == self.USER
        except (ConnectionError, http.client.HTTPException):
            return False

    def api(self, method, path, body=None):
        """A call of the management API; the JSON that it answers, None where it answers none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=10)
        try:
            secret = base64.b64encode(f"{self.USER}:{self.PASSWORD}".encode()).decode()
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Authorization": f"Basic {secret}",
                                "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text[:300]}"
            return json.loads(text) if text else None
        finally:
            connection.close()

    def queues(self, vhost="/"):
        """The names of all queues, also those of other connections."""
        return self._names("queues", vhost)

    def exchanges(self, vhost="/"):
        return self._names("exchanges", vhost)

    def _names(self, things, vhost):
        path = f"/api/{things}/{_quoted(vhost)}?columns=name"
        return {row["name"] for row in self.api("GET", path)}

    def make_vhost(self, vhost):
        self.api("PUT", f"/api/vhosts/{_quoted(vhost)}", {})
        self.permit(self.USER, vhost)

    def make_user(self, user, password, tags=""):
        """A user, who has no rights until permit()."""
        self.api("PUT", f"/api/users/{user}", {"password": password, "tags": tags})

    def permit(self, user, vhost="/", configure=".*", write=".*", read=".*"):
        """The user's rights, in place of earlier ones."""
        self.api("PUT", f"/api/permissions/{_quoted(vhost)}/{user}",
                 {"configure": configure, "write": write, "read": read})

    def url(self, user=USER, password=PASSWORD, port=None, vhost="/"):
        """As Celery takes it: the virtual host `/` is an empty path with one more slash."""
        path = "/" if vhost == "/" else _quoted(vhost)
        return f"amqp://{user}:{password}@127.0.0.1:{port or self.port}/{path}"

    def tls_url(self):
        return f"amqps://{self.USER}:{self.PASSWORD}@127.0.0.1:{self.tls_port}//"

    def api_url(self, user=USER, password=PASSWORD, port=None):
        return f"http://{user}:{password}@127.0.0.1:{port or self.api_port}"

    def close(self):
        super().close()
        self._epmd.close()


def _quoted(name):
    return urllib.parse.quote(name, safe="")
