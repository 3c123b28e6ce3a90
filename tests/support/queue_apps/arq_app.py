"""An application with arq: arq_app.py put QUEUE|hold QUEUE|work QUEUE"""

import asyncio
import os
import sys

from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import run_worker

SETTINGS = RedisSettings.from_dsn(os.environ["QUEUE_URL"])


async def ok(_, __):
    pass


async def hold(context, _):
    """Runs until something is pushed to `gate`."""
    await context["redis"].set("holding", 1)
    await context["redis"].blpop("gate")


async def put(command, queue):
    pool = await create_pool(SETTINGS, default_queue_name=queue)
    if command == "hold":
        await pool.enqueue_job("hold", "secret-argument")
    else:
        for _ in range(3):
            await pool.enqueue_job("ok", "secret-argument")
        for _ in range(2):
            await pool.enqueue_job("ok", "secret-argument", _defer_by=3600)
    await pool.aclose()


def main(command, queue):
    if command == "work":
        asyncio.set_event_loop(asyncio.new_event_loop())
        run_worker({"functions": [ok, hold], "redis_settings": SETTINGS, "queue_name": queue,
                    "max_jobs": 1})
    else:
        asyncio.run(put(command, queue))


if __name__ == "__main__":
    main(*sys.argv[1:])
