#!/usr/bin/python3
"""What slow readers of the page cost other clients: a scrape beside 10, 100 and 500 of them, of
10k and 100k series, plain and gzip, at an MTU of 1,500; and whether a page of 800k series arrives
plain.

slow_readers_bench.py [SCRAPES]: so many scrapes a row (20). Makes a network namespace of its own,
which needs root. Exits 1 if a scrape is cut, if the median is more than 50 ms above that without
slow readers, or if the exporter takes more than 64 MiB more.
"""

import collections
import contextlib
import gzip
import itertools
import multiprocessing
import os
import pathlib
import select
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.exporter import Exporter  # noqa: E402

READERS = (10, 100, 500)
SERIES = (10_000, 100_000)
LARGEST = 800_000
MTU = 1500
LIMIT_MS = 50
LIMIT_MIB = 64
# A slow reader takes so many bytes ten times a second, and each second one takes none.
SIP = 4096
PAUSE = 0.1
ASKS = 10  # In the same time, of all slow readers: they are slow, and no flood.
CONFIG = """
global: {{interval: {interval}, timeout: {timeout}, stale_after: 2h}}
collectors:
  - type: sql
    dsn: "sqlite://{database}"
    max_db_time: 100%
    max_series: {series}
    max_rows: {rows}
    queries:
      - sql: >
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
          SELECT i + unixepoch() % 1000 AS i, 'shop-' || i AS shop FROM n
        metrics: [{metrics}]
"""


def enter_namespace():
    """Starts this program again in a namespace whose loopback has our MTU."""
    if os.environ.get("SLOW_READERS_NAMESPACE") == "made":
        subprocess.run(["ip", "link", "set", "lo", "mtu", str(MTU), "up"], check=True)
        return
    for command, package in (("unshare", "util-linux"), ("ip", "iproute2")):
        if shutil.which(command) is None:
            sys.exit(f"slow_readers_bench.py: the command {command} is missing: install {package}")
    if subprocess.run(["unshare", "-n", "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        sys.exit("slow_readers_bench.py: no network namespace can be made: run it as root, with "
                 "CAP_SYS_ADMIN")
    os.environ["SLOW_READERS_NAMESPACE"] = "made"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])


def request(encoding):
    return (f"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {encoding}\r\n"
            "Connection: close\r\n\r\n").encode()


def read_slowly(port, readers, encoding, under_way):
    """Keeps `readers` answers under way, for ever; who is cut asks again."""
    asks = request(encoding)
    clients = {}
    idle = collections.deque(range(readers))
    asked = 0
    while True:
        for _ in range(min(ASKS, len(idle))):
            asked += 1
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(asks)
            client.setblocking(False)
            clients[idle.popleft()] = client
        if asked >= readers:
            under_way.set()
        for index in [index for index in clients if index % 2]:
            with contextlib.suppress(BlockingIOError):
                try:
                    taken = clients[index].recv(SIP)
                except ConnectionError:
                    taken = b""
                if not taken:
                    clients.pop(index).close()
                    idle.append(index)
        cut = select.poll()  # Of those who do not read: an error alone is of interest.
        mute = {client.fileno(): index for index, client in clients.items() if index % 2 == 0}
        for descriptor in mute:
            cut.register(descriptor, 0)
        for descriptor, _ in cut.poll(0):
            clients.pop(mute[descriptor]).close()
            idle.append(mute[descriptor])
        time.sleep(PAUSE)


@contextlib.contextmanager
def slow_readers(port, readers, encoding):
    forked = multiprocessing.get_context("fork")
    under_way = forked.Event()
    process = forked.Process(target=read_slowly, args=(port, readers, encoding, under_way),
                             daemon=True)
    process.start()
    assert under_way.wait(60), "no slow reader could ask"
    yield
    assert process.is_alive(), "the slow readers have failed"
    process.terminate()
    process.join(10)


def scrape(port, encoding):
    """Seconds, and how many series the page has; (seconds, None) if it was not whole."""
    parts = []
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(request(encoding))
        chunk = memoryview(bytearray(1 << 20))
        with contextlib.suppress(ConnectionError):
            while taken := client.recv_into(chunk):
                parts.append(bytes(chunk[:taken]))
    seconds = time.monotonic() - start
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if not head.startswith(b"HTTP/1.1 200") or int(fields[b"Content-Length"]) != len(body):
        return seconds, None
    page = gzip.decompress(body) if encoding == "gzip" else body
    return seconds, page.count(b"\nshop_orders") if page.endswith(b"\n") else None


class Peak(threading.Thread):
    """The most memory that the exporter takes until it is asked."""

    def __init__(self, exporter):
        super().__init__(daemon=True)
        self.exporter = exporter
        self.most = 0
        self.done = threading.Event()
        self.start()

    def run(self):
        while not self.done.wait(0.05):
            self.most = max(self.most, self.exporter.memory("VmRSS") / 1024)

    def mib(self):
        self.done.set()
        self.join()
        return self.most


def measure(exporter, series, encoding, scrapes):
    """Sorted seconds, how many were not whole, MiB at most; through a publication at least."""
    peak = Peak(exporter)
    found = []
    begin = time.monotonic()
    while len(found) < scrapes or time.monotonic() - begin < 11:
        found.append(scrape(exporter.port, encoding))
        time.sleep(0.1)
    cut = sum(count != series for _, count in found)
    return sorted(seconds for seconds, _ in found), cut, peak.mib()


def started(folder, series, interval, timeout):
    database = folder / "bench.db"
    sqlite3.connect(database).close()
    rows = min(series, 100_000)
    names = ", ".join(f"{{name: shop_orders_{i}, value: i, labels: [shop]}}"
                      for i in range(series // rows))
    exporter = Exporter(CONFIG.format(database=database, series=series, rows=rows, metrics=names,
                                      interval=interval, timeout=timeout), ready=False)
    exporter.await_ready(120)
    exporter.await_page(
        lambda page: page.value("exporter_collector_series", collector="sql") == series, 10,
        "every series is on the page")
    return exporter


def print_row(series, encoding, readers, seconds, cut, mib):
    print(f"{series:7} {encoding:8} {readers:7} {len(seconds):7} {cut:4} "
          f"{seconds[len(seconds) // 2] * 1e3:9.1f} {seconds[-1] * 1e3:9.1f} {mib:8.1f}",
          flush=True)


def table(folder, series, encoding, scrapes):
    """Prints the rows of one page; whether all are within the limits."""
    good = True
    with contextlib.closing(started(folder, series, "10s", "10s")) as exporter:
        idle, cut, idle_mib = measure(exporter, series, encoding, scrapes)
        print_row(series, encoding, 0, idle, cut, idle_mib)
        for readers in READERS:
            with slow_readers(exporter.port, readers, encoding):
                seconds, cut, mib = measure(exporter, series, encoding, scrapes)
            print_row(series, encoding, readers, seconds, cut, mib)
            above = (seconds[len(seconds) // 2] - idle[len(idle) // 2]) * 1e3
            good = good and cut == 0 and above <= LIMIT_MS and mib - idle_mib <= LIMIT_MIB
        page = exporter.page()
        print("  cut: " + ", ".join(f"{labels['reason']} {value:.0f}" for labels, value in
                                     page.series("exporter_http_cut_answers_total")))
    return good


def largest(folder):
    with contextlib.closing(started(folder, LARGEST, "1h", "60s")) as exporter:
        seconds, count = scrape(exporter.port, "identity")
        mib = exporter.memory("VmRSS") / 1024
        print_row(LARGEST, "identity", 0, [seconds], int(count != LARGEST), mib)
    return count == LARGEST


def main():
    enter_namespace()
    scrapes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(f"{'series':>7} {'body':8} {'readers':>7} {'scrapes':>7} {'cut':>4} {'p50 ms':>9} "
          f"{'most ms':>9} {'RSS MiB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        good = [table(folder, series, encoding, scrapes)
                for series, encoding in itertools.product(SERIES, ("identity", "gzip"))]
        good.append(largest(folder))
    print("pass" if all(good) else "FAIL")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
