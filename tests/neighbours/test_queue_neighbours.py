"""Workers of other queue systems beside the queue collector: each job runs, and once."""

import pytest

from support.queue_apps import App
from support.servers import Redis
from support.waiting import eventually

JOBS = 200
ROUNDS = 5
CONFIG = """
global: {{interval: 200ms, timeout: 200ms, stale_after: 1m}}
collectors:
  - type: queue
    url: "{url}"
    discover: [rq, sidekiq, bullmq, bull, dramatiq, arq, huey, redis_stream]
    discovery_interval: 1s
    queues: [{{name: mails, system: {system}}}]
"""


@pytest.fixture(scope="module")
def server():
    redis = Redis()
    yield redis
    redis.close()


@pytest.fixture
def app(server):
    server.command("FLUSHALL")
    started = []

    def start(script):
        started.append(App(server, script))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.mark.parametrize("system", ["rq", "dramatiq"])
def test_workers_run_all_jobs_while_we_count_them(server, app, start_exporter, system):
    jobs = app(f"{system}_app.py")
    workers = [jobs.start("work", "mails") for _ in range(2)]
    exporter = start_exporter(CONFIG.format(url=server.url(), system=system))
    for total in (JOBS, 2 * JOBS):
        before = exporter.page().successes("queue")
        exporter.await_page(lambda page, since=before: page.successes("queue") >= since + ROUNDS,
                            20, "it has looked often")
        # Those of the second time are other jobs of the same numbers.
        jobs.run("many", JOBS)
        jobs.await_count(JOBS, "HLEN", "ran")
        eventually(lambda runs=total // JOBS: set(server.command("HVALS", "ran").split())
                   == {str(runs)}, 30, f"{total} jobs ran, each once")
    exporter.await_page(lambda page: page.value("queue_depth", queue="mails", system=system,
                                                state="waiting") == 0, 10, "none waits")
    exporter.stop()
    for worker in workers:
        worker.assert_running()
        assert "Traceback" not in worker.log() and "ERROR" not in worker.log(), worker.log()
