"""Keys of a real Redis, against the commands that a person would type."""

import pytest

from truth.lot import dice, lots
from truth.redis_cases import RedisLot, draw_cases


@pytest.mark.parametrize("number", lots(share=0.2, size=40))
def test_keys_say_what_their_commands_say(redis_broker, tmp_path, number):
    RedisLot(number, tmp_path, redis_broker).check(draw_cases(dice("redis", number)))
