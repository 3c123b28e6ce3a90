"""A proxy in front of a real server that breaks the connection on demand."""

import enum
import select
import socket
import struct
import threading

from .processes import free_port


class Fault(enum.Enum):
    NONE = "forwards all"
    MUTE = "accepts, and never answers"
    DRIP = "answers a byte each 0.3 seconds"
    RESET = "resets the connection within an answer"


_DRIP_SECONDS = 0.3


class FaultProxy:
    """Forwards TCP connections to a port of loopback; `fault` holds for answers still to come.

    One thread a connection, as the connections of a test are few. A connection on which a Redis
    command with the word `stops_at` is sent is answered up to it, and then never again; if
    `closes`, it is closed instead.
    """

    def __init__(self, target_port, fault=Fault.NONE, stops_at=None, closes=False):
        self.fault = fault
        self._stops_at = stops_at
        self._closes = closes
        self._target = ("127.0.0.1", target_port)
        self._connected = threading.Event()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def await_client(self, within=10):
        """Until a first client has connected."""
        assert self._connected.wait(within), "nobody connected"

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # close() was called
            self._connected.set()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                with socket.create_connection(self._target, timeout=5) as server:
                    self._relay(client, server)
            except OSError:
                pass  # one of the two has ended it

    def _relay(self, client, server):
        """Requests always pass: a fault is a matter of answers."""
        is_stopped = False
        while not self._ended.is_set():
            readable, _, _ = select.select([client, server], [], [], 0.1)
            if is_stopped and self._closes and not readable:
                return  # All that was asked before has been answered.
            for source in readable:
                received = source.recv(65536)
                if not received:
                    return
                if source is client:
                    if is_stopped:
                        continue
                    allowed = self._allowed(received)
                    is_stopped = len(allowed) < len(received)
                    server.sendall(allowed)
                else:
                    self._answer(client, received)

    def _allowed(self, request):
        """What comes before the command that is not answered."""
        if not self._stops_at or self._stops_at.encode() not in request:
            return request
        word = request.index(self._stops_at.encode())
        return request[:request.rfind(b"\r\n*", 0, word) + 2] if b"\r\n*" in request[:word] else b""

    def _answer(self, client, answer):
        while answer:
            if self.fault is Fault.NONE:
                return client.sendall(answer)
            if self.fault is Fault.MUTE:
                return None
            if self.fault is Fault.RESET:
                client.sendall(answer[:(len(answer) + 1) // 2])
                # Lingering for zero seconds makes the close a reset.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise ConnectionResetError
            client.sendall(answer[:1])
            answer = answer[1:]
            if self._ended.wait(_DRIP_SECONDS):
                return None
        return None

    def close(self):
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
