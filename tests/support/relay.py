"""A page of the exporter, held still and served in each of its forms."""

import http.server
import threading
import urllib.request

ACCEPT = {
    "text": "text/plain;version=0.0.4",
    "openmetrics": "application/openmetrics-text;version=1.0.0",
    "protobuf": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                "encoding=delimited",
}


class Relay:
    """Serves /text, /openmetrics and /protobuf: what the exporter answered when it was made."""

    def __init__(self, exporter):
        answers = {f"/{form}": self._fetch(exporter, accept) for form, accept in ACCEPT.items()}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                content_type, body = answers[self.path]
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.answers = answers
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.port = self._server.server_port

    @staticmethod
    def _fetch(exporter, accept):
        request = urllib.request.Request(f"http://127.0.0.1:{exporter.port}/metrics",
                                         headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.headers["Content-Type"], answer.read()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
