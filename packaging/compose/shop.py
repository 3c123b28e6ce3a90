"""A small Celery application: it takes orders, and writes them through PgBouncer."""

import os
import random
import time

import celery
import psycopg2

app = celery.Celery("shop", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(
    task_ignore_result=True,
    task_send_sent_event=True,     # for waiting times and exact ages
    worker_send_task_events=True,
    beat_schedule={"orders": {"task": "shop.order", "schedule": 1.0},
                   "mails": {"task": "shop.mail", "schedule": 2.0}},
)


@app.task(name="shop.order")
def order():
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO tasks (organization_id, status, priority, due_at) VALUES "
                           "(%s, 'PENDING', 'normal', now() + interval '1 hour')",
                           (random.randint(1, 8),))
    finally:
        connection.close()


@app.task(name="shop.mail", bind=True, max_retries=2, default_retry_delay=1)
def mail(self):
    time.sleep(random.uniform(0.05, 0.3))
    if random.random() < 0.1:
        raise self.retry(exc=ConnectionError("the mail server is busy"))
