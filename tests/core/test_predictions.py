"""What the models say of one battery: what is newest, for how long it was calm, and nothing of an earlier model."""

from dataclasses import replace

import numpy as np
import pytest

from btr_core.messages import Level
from btr_core.predictions import Predictions
from tests.core.battery_story import CARD

CELL, AIR = "temp_internal_c", "temp_ambient_c"
QUIET: frozenset[str] = frozenset()


class Desk:
    """Answers of a model twice a second, and what is made of them."""

    def __init__(self, card=CARD) -> None:
        self.predictions = Predictions(card)
        self.now_s = 100.0

    def hears(self, risk: float, seconds: float = 0.5, level=Level.NORMAL, telling=QUIET, channel=CELL) -> float:
        """Returns for how long the model has been calm."""
        for _ in range(round(seconds * 2)):
            self.now_s += 0.5
            self.predictions.add(channel, [self.now_s], np.array([risk], dtype=np.float32))
            self.predictions.take(self.now_s)
            self.predictions.follow(self.now_s, level, telling, CARD.warning.threshold)
        return self.predictions.calm_s(self.now_s)

    def waits(self, seconds: float) -> bool:
        """Returns whether an answer has expired."""
        self.now_s += seconds
        return self.predictions.follow(self.now_s, Level.NORMAL, QUIET, CARD.warning.threshold)


def test_the_largest_of_the_newest_answers_is_the_risk():
    desk = Desk()
    assert desk.predictions.risk is None
    desk.hears(0.2)
    desk.hears(0.1, channel=AIR)
    assert desk.predictions.risk == pytest.approx(0.2)
    desk.hears(0.05)
    assert desk.predictions.risk == pytest.approx(0.1)


def test_an_answer_expires_once_and_with_it_the_calm():
    desk = Desk()
    assert desk.hears(0.1, 10) == 9.5
    assert not desk.waits(5.0)
    assert desk.waits(0.5)
    assert not desk.waits(0.5)
    assert (desk.predictions.risk, desk.predictions.calm_s(desk.now_s)) == (None, 0.0)


@pytest.mark.parametrize(
    "loud",
    [
        {"risk": CARD.warning.threshold},
        {"risk": 0.1, "level": Level.WARNING},
        {"risk": 0.1, "telling": frozenset({"mq2_ppm"})},
    ],
    ids=["one window that would warn", "a level that has not fallen yet", "a channel that begins to speak"],
)
def test_what_is_not_calm_starts_the_time_again(loud):
    desk = Desk()
    desk.hears(0.1, 20)
    desk.hears(**loud)
    assert desk.hears(0.1, 3) <= 3.0


def test_a_channel_that_falls_quiet_is_nothing_new():
    desk = Desk()
    desk.hears(0.1, telling=frozenset({"mq2_ppm", "mq4_ppm"}))
    assert desk.hears(0.1, 10, telling=frozenset({"mq4_ppm"})) == 10.0


def test_nothing_of_an_earlier_model_counts_for_the_next():
    desk = Desk()
    desk.hears(0.1, 20)
    desk.predictions.add(CELL, [desk.now_s + 0.5], np.array([0.9], dtype=np.float32))
    desk.predictions.use_card(replace(CARD, name="another"), desk.now_s)
    assert desk.predictions.take(desk.now_s) == []
    assert (desk.predictions.risk, desk.predictions.calm_s(desk.now_s)) == (None, 0.0)
    assert not desk.waits(10), "what is gone cannot expire"
    desk.predictions.add(CELL, [desk.now_s - 10, desk.now_s], np.array([0.9, 0.3], dtype=np.float32))
    assert [estimate.probability for estimate in desk.predictions.take(desk.now_s)] == pytest.approx([0.3])


def test_without_a_model_nothing_is_calm():
    assert Desk(card=None).hears(0.0, 20) == 0.0


def test_answers_that_are_not_finite_are_none():
    desk = Desk()
    times_s = [200.0, 200.5, 201.0]
    desk.predictions.add(CELL, times_s, np.array([np.nan, np.inf, 0.2], dtype=np.float32))
    assert [estimate.time_s for estimate in desk.predictions.take(201.0)] == [201.0]


def test_answers_that_nobody_takes_are_bounded_and_the_newest_stay():
    desk = Desk()
    desk.predictions.add(CELL, np.arange(200.0, 1200.0), np.zeros(1000, dtype=np.float32))
    taken = desk.predictions.take(1200.0)
    assert (len(taken), taken[-1].time_s) == (64, 1199.0)


def test_the_shadow_is_compared_with_the_model_that_counts_now():
    """Given a shadow that warns always, and a model at work that is replaced by one that says the same."""
    desk = Desk()
    desk.predictions.use_shadow(replace(CARD, name="shadow"))
    desk.predictions.use_card(replace(CARD, name="eager", alarm=replace(CARD.alarm, threshold=0.05)), desk.now_s)
    shadow = desk.predictions.shadow
    assert shadow is not None
    shadow.apply(CELL, [desk.now_s + 0.5], np.array([0.9], dtype=np.float32))
    desk.hears(0.1)
    shadow.update(desk.now_s)
    assert (shadow.state.compared, shadow.state.differing) == (1, 0)
    desk.predictions.use_shadow(None)
    assert desk.predictions.shadow is None
