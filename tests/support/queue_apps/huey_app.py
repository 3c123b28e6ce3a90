"""An application with Huey: huey_app.py put|later|work"""

import os
import sys

from huey import PriorityRedisHuey, RedisHuey

URL = os.environ["QUEUE_URL"]
MAILS = RedisHuey("mail-app", url=URL)
URGENT = PriorityRedisHuey("urgent", url=URL)


@MAILS.task()
def ok(_):
    pass


@URGENT.task()
def urgent(_):
    pass


def main(command):
    if command == "put":
        for _ in range(3):
            ok("secret-argument")
        for priority in (1, 5):
            urgent("secret-argument", priority=priority)
    elif command == "later":
        for _ in range(2):
            ok.schedule(args=("secret-argument",), delay=3600)
    else:
        MAILS.create_consumer(workers=1).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
