"""A proxy in front of a real server that breaks the connection on demand."""

import enum
import socket
import struct
import threading

from .processes import free_port


class Fault(enum.Enum):
    NONE = "forwards all"
    MUTE = "accepts, and never answers"
    DRIP = "answers a byte each tenth of a second"
    RESET = "resets the connection within an answer"


_DRIP_SECONDS = 0.1


class FaultProxy:
    """Forwards TCP connections to a port of loopback; `fault` holds for bytes still to come.

    One thread a direction, as the connections of a test are few.
    """

    def __init__(self, target_port, fault=Fault.NONE):
        self.fault = fault
        self._target = ("127.0.0.1", target_port)
        self._ended = threading.Event()
        self._connected = threading.Event()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    def _start(self, function, *arguments):
        threading.Thread(target=function, args=arguments, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                return  # closed: the end of the test
            self._open |= {client, server}
            self._connected.set()
            self._start(self._forward, client, server)
            self._start(self._answer, server, client)

    def _forward(self, client, server):
        """Requests always pass: a fault is a matter of answers."""
        try:
            while request := client.recv(65536):
                server.sendall(request)
        except OSError:
            pass
        self._close(client, server)

    def _answer(self, server, client):
        try:
            server.settimeout(None)
            while answer := server.recv(65536):
                self._send(client, answer)
        except OSError:
            pass
        self._close(client, server)

    def _send(self, client, answer):
        for i in range(len(answer)):
            if self.fault is Fault.NONE:
                return client.sendall(answer[i:])
            if self.fault is Fault.MUTE:
                return None
            if self.fault is Fault.RESET:
                client.sendall(answer[i:(i + len(answer) + 1) // 2])
                # Lingering for zero seconds makes close() send a reset.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                raise ConnectionResetError
            client.sendall(answer[i:i + 1])
            if self._ended.wait(_DRIP_SECONDS):
                raise ConnectionAbortedError
        return None

    def _close(self, *sockets):
        for one in sockets:
            self._open.discard(one)
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the peer was first
            one.close()

    def await_client(self, within=10):
        """Until a first client has connected."""
        assert self._connected.wait(within), "nobody connected"

    def close(self):
        self._ended.set()
        self._close(self._listener, *list(self._open))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
