"""arq by its own library."""

import asyncio
import datetime
import os

from arq import create_pool
from arq.connections import RedisSettings
from arq.jobs import Job, JobStatus
from arq.worker import Worker

HOUR = datetime.timedelta(hours=1)
STATES = {JobStatus.queued: "waiting", JobStatus.in_progress: "active",
          JobStatus.deferred: "scheduled"}


def _settings():
    return RedisSettings.from_dsn(os.environ["QUEUE_URL"])


async def hold(context):
    context["running"].append(None)
    await asyncio.sleep(600)


async def _work(name, count):
    """A worker that dies while it runs so many jobs."""
    running = []
    worker = Worker([hold], redis_settings=_settings(), queue_name=name, max_jobs=count,
                    handle_signals=False, poll_delay=0.05, ctx={"running": running})
    task = asyncio.create_task(worker.main())
    while len(running) < count and not task.done():
        await asyncio.sleep(0.01)
    os._exit(0 if len(running) == count else 1)


def _run_some(name, count):
    child = os.fork()
    if not child:
        try:
            asyncio.run(_work(name, count))
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0, f"no worker ran the jobs of {name}"


async def _put(name, states, later):
    pool = await create_pool(_settings(), default_queue_name=name)
    now = datetime.datetime.now(datetime.timezone.utc)
    for state in later:
        for i in range(states.get(state, 0)):
            # A worker takes the earliest first.
            due = {"active": now - 2 * HOUR, "waiting": now - HOUR, "scheduled": now + HOUR}[state]
            await pool.enqueue_job("hold", _defer_until=due + datetime.timedelta(minutes=i))
    await pool.aclose()


def put(name, states):
    asyncio.run(_put(name, states, ["active"]))
    if states.get("active"):
        _run_some(name, states["active"])
    asyncio.run(_put(name, states, ["waiting", "scheduled"]))


async def _ask(name):
    pool = await create_pool(_settings(), default_queue_name=name)
    found, since = dict.fromkeys(STATES.values(), 0), None
    for job in await pool.queued_jobs():
        status = await Job(job.job_id, pool, _queue_name=name).status()
        found[STATES[status]] += 1
        if status is JobStatus.queued and since is None:
            since = job.score / 1000
    await pool.aclose()
    return {**found, "since": since}


def ask(name):
    return asyncio.run(_ask(name))
