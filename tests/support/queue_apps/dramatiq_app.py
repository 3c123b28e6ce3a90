"""An application with Dramatiq: dramatiq_app.py put|many COUNT|work QUEUE"""

import os
import signal
import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

URL = os.environ["QUEUE_URL"]
BROKER = RedisBroker(url=URL)
dramatiq.set_broker(BROKER)


@dramatiq.actor(queue_name="mails")
def ok(_):
    pass


@dramatiq.actor(queue_name="broken", max_retries=0)
def fail(_):
    raise ValueError("told to")


@dramatiq.actor(queue_name="slow")
def hold(_):
    """Runs until something is pushed to `gate`."""
    redis = Redis.from_url(URL)
    redis.set("holding", 1)
    redis.blpop("gate")


@dramatiq.actor(queue_name="mails")
def count(number):
    """Notes how often it ran."""
    Redis.from_url(URL).hincrby("ran", number, 1)


def main(command, *queues):
    if command == "put":
        for _ in range(3):
            ok.send("secret-argument")
        for _ in range(2):
            ok.send_with_options(args=("secret-argument",), delay=3600000)
        hold.send_with_options(args=("secret-argument",), delay=3600000)
        fail.send("secret-argument")
        hold.send("secret-argument")
    elif command == "many":
        for number in range(int(queues[0])):
            count.send(number)
    else:
        dramatiq.Worker(BROKER, worker_threads=1, queues=set(queues)).start()
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
