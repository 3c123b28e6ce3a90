"""Queues in a real RabbitMQ, against Dramatiq and kombu, and against the broker's own tool."""

import pytest

from truth.lot import dice, lots
from truth.rabbitmq_cases import RabbitmqLot, draw_cases


@pytest.mark.parametrize("number", lots(share=0.05, size=40))
def test_queues_say_what_their_libraries_say(rabbitmq, tmp_path, number):
    lot = RabbitmqLot(number, tmp_path, rabbitmq)
    try:
        lot.check(draw_cases(dice("rabbitmq", number)))
    finally:
        lot.close()
