"""The story of a model in the shadow of another: it watches, it is counted, and it has no say."""

from dataclasses import replace

import numpy as np
import pytest

from btr_core.alarm import Estimate
from btr_core.messages import Level
from btr_core.shadow import Shadow
from btr_core.state import ShadowState
from tests.core.battery_story import CARD, QUIET, Story

COARSE = replace(CARD, name="coarse", sequence_length=20, interval_s=1.0)
CHANNEL = "temp_internal_c"


def risks(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def watched(shadow_card=CARD) -> Story:
    """A node that was quiet long enough for both models."""
    story = Story(card=CARD)
    story.monitor.use_shadow(shadow_card)
    story.says(40)
    return story


# --- it has no say


def test_a_shadow_that_cries_raises_nothing():
    story = watched()
    story.shadow_risk = 1.0
    state = story.says(20)
    assert state.shadow.risk == 1.0
    assert state.risk == pytest.approx(0.01)
    assert state.alarm.level is Level.NORMAL
    assert not state.alarm.active


def test_a_shadow_that_sees_nothing_lowers_nothing():
    story = watched()
    story.risk, story.shadow_risk = 0.9, 0.0
    assert story.says(5).alarm.active


def test_a_shadow_on_another_grid_gets_windows_of_its_own_shape():
    story = watched(COARSE)
    for _ in range(2):
        story.stamp_ms += 500
        story.monitor.handle(replace(QUIET, timestamp_ms=story.stamp_ms), story.receipt())
    active, shadow = story.monitor.take_windows(), story.monitor.take_shadow_windows()
    assert {part.values.shape[1] for part in active} == {60}
    assert {part.values.shape[1] for part in shadow} == {20}


def test_a_reboot_of_the_node_starts_the_windows_of_the_shadow_again():
    story = watched()
    story.stamp_ms = 0
    story.says(20)
    assert story.state.shadow.risk is None
    assert story.says(15).shadow.risk is not None


def test_without_a_shadow_there_is_nothing_to_take_and_nothing_to_see():
    story = watched()
    story.monitor.use_shadow(None)
    assert story.says(1).shadow is None
    assert story.monitor.take_shadow_windows() == ()
    story.monitor.apply_shadow_risk(CHANNEL, [1.0], risks(1.0))
    assert story.says(1).shadow is None


# --- it is compared


def test_windows_in_which_only_one_of_the_two_would_alarm_are_counted():
    story = watched()
    before = story.state.shadow.compared
    story.shadow_risk = 0.9
    alone = story.says(3).shadow
    assert alone.compared - before == 12  # two channels at 2 Hz
    assert (alone.alone, alone.missed, alone.differing) == (10, 0, 10)  # the last answers are judged a step later
    story.risk, story.shadow_risk = 0.9, 0.1
    assert story.says(3).shadow.missed == 10


def test_each_is_judged_at_the_alarm_threshold_of_its_own_card():
    strict = replace(CARD, alarm=replace(CARD.alarm, threshold=0.95))
    story = watched(strict)
    story.risk = story.shadow_risk = 0.7
    state = story.says(5).shadow
    assert state.alone == 0
    assert state.missed == state.differing > 0


def test_another_active_model_keeps_what_was_counted_and_compares_no_window_of_the_old_one():
    shadow = Shadow(CARD, CARD)
    shadow.heard(Estimate(CHANNEL, 10.0, 0.9))
    shadow.apply(CHANNEL, [10.0], risks(0.1))
    shadow.update(0.0)
    shadow.heard(Estimate(CHANNEL, 10.5, 0.9))
    shadow.compare_to(replace(CARD, name="another"))
    shadow.apply(CHANNEL, [10.5], risks(0.1))
    shadow.update(0.5)
    assert (shadow.state.compared, shadow.state.missed) == (1, 1)


# --- whichever answers first


@pytest.mark.parametrize("lag", [0, 3, 30])
@pytest.mark.parametrize("late", ["active", "shadow"])
def test_a_slow_model_is_compared_at_the_windows_own_time(lag: int, late: str):
    shadow = Shadow(CARD, CARD)
    over = [index % 4 == 0 for index in range(100)]
    for step in range(100 + lag):
        said = {"active": step, "shadow": step, late: step - lag}
        if 0 <= said["active"] < 100:
            shadow.heard(Estimate(CHANNEL, said["active"] / 2, float(over[said["active"]])))
        if 0 <= said["shadow"] < 100:
            shadow.apply(CHANNEL, [said["shadow"] / 2 + 0.2], risks(float(over[said["shadow"]])))
        shadow.update(step / 2)
    assert (shadow.state.compared, shadow.state.differing) == (100, 0)


def test_what_is_never_answered_is_forgotten_and_takes_no_room():
    shadow = Shadow(CARD, CARD)
    for step in range(1000):
        shadow.apply(CHANNEL, [float(step)], risks(0.9))
        shadow.update(float(step))
    assert len(shadow._said_by_shadow) == 64
    assert shadow.state.compared == 0


def test_an_answer_that_is_no_number_does_not_count():
    shadow = Shadow(CARD, CARD)
    shadow.heard(Estimate(CHANNEL, 1.0, 0.1))
    shadow.apply(CHANNEL, [1.0], risks(np.nan))
    assert not shadow.update(1.0)
    assert shadow.state == ShadowState()


def test_the_risk_of_a_shadow_that_fell_silent_is_unknown():
    shadow = Shadow(CARD, None)
    shadow.apply(CHANNEL, [1.0], risks(0.3))
    assert shadow.update(10.0)
    assert shadow.state.risk == pytest.approx(0.3)
    assert not shadow.update(14.0)
    assert shadow.update(16.0)
    assert shadow.state.risk is None
