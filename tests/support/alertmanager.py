"""A real Alertmanager with the example of alerts/, and who receives its messages."""

import http.server
import json
import signal
import threading
import urllib.error
import urllib.request

from .processes import ROOT, Process, free_port, program
from .waiting import eventually

EXAMPLE = ROOT / "alerts/alertmanager.yaml"
# Of the receivers in the example.
_RECEIVER = "127.0.0.1:9000"


class Receiver:
    """Keeps the alerts of each message by its path: `page` or `ticket`."""

    def __init__(self):
        self.alerts = []   # (path, alert)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.alerts += [(self.path.strip("/"), alert)
                                    for alert in json.loads(body)["alerts"]]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def names(self, path):
        return {alert["labels"]["alertname"] for where, alert in self.alerts if where == path}

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Alertmanager(Process):
    """Runs the example, with its messages sent to a receiver of the test."""

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.receiver = Receiver()
        text = EXAMPLE.read_text()
        assert _RECEIVER in text
        settings = self.folder / "alertmanager.yaml"
        settings.write_text(text.replace(_RECEIVER, self.receiver.address))
        self.spawn([program("prometheus-alertmanager"), f"--config.file={settings}",
                    f"--storage.path={self.folder / 'data'}", "--cluster.listen-address=",
                    f"--web.listen-address=127.0.0.1:{self.port}"])
        eventually(self._answers, 30, "Alertmanager is ready")

    def _call(self, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body and json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def _answers(self):
        self.assert_running()
        try:
            self._call("/-/ready")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def fire(self, *alerts):
        """Each alert by its labels."""
        self._call("/api/v2/alerts", [{"labels": labels} for labels in alerts])

    def states(self):
        """By the labels of each alert, whether another one inhibits it."""
        alerts = json.loads(self._call("/api/v2/alerts"))
        return {frozenset(alert["labels"].items()): bool(alert["status"]["inhibitedBy"])
                for alert in alerts}

    def close(self):
        self.stop(signal.SIGTERM)
        self.receiver.close()
        super().close()
