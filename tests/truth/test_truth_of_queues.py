"""Queues in a real Redis, against their systems' own libraries."""

import pytest

from truth.lot import dice, lots
from truth.queue_cases import QueueLot, draw_cases


@pytest.mark.parametrize("number", lots(share=0.1, size=32))
def test_queues_say_what_their_libraries_say(redis_broker, tmp_path, number):
    QueueLot(number, tmp_path, redis_broker).check(draw_cases(dice("queues", number)))
