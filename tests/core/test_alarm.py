"""Evidence becomes a level, a level an alarm, and only a human and quiet end it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.alarm import AlarmPolicy, AlarmSettings, Estimate, ModelVote
from btr_core.channel import TemperatureChannel, ambient_limits, internal_limits
from btr_core.messages import Level
from btr_core.plausibility import AMBIENT, INTERNAL
from btr_core.risk.card import load_card
from btr_core.state import Cause, ClearCondition, Finding

# alarm 0.5 by 2 of 3, warning 0.3 by 2 of 3, clear 0.2 for 5 s
CARD = load_card(Path(__file__).parents[1] / "fixtures" / "models" / "rate.json")
START = datetime(2026, 1, 1, tzinfo=UTC)
HOT = Finding(Cause.TEMPERATURE, Level.DANGER, "temp_internal_c", 61.0, 60.0, ClearCondition.WHEN_BELOW)
WARM = Finding(Cause.TEMPERATURE, Level.WARNING, "temp_internal_c", 51.0, 50.0, ClearCondition.WHEN_BELOW)
STEEP = Finding(Cause.RATE, Level.DANGER, "temp_internal_c", 0.8, 0.5, ClearCondition.WHEN_BELOW)
BROKEN = Finding(Cause.SENSOR_FAULT, Level.WARNING, "temp_ambient_c", None, None, ClearCondition.WHEN_REPAIRED)


class Watch:
    """A policy on a clock of half seconds."""

    def __init__(self, card=CARD, settings: AlarmSettings | None = None) -> None:
        self.policy = AlarmPolicy(settings or AlarmSettings(), card)
        self.now_s = 0.0

    def sees(self, *evidence: Finding, seconds: float = 0.5, risk: float | None = None, known: bool = True):
        for _ in range(round(seconds * 2)):
            self.now_s += 0.5
            estimates = () if risk is None else (Estimate("temp_internal_c", self.now_s, risk),)
            at = START + timedelta(seconds=self.now_s)
            self.policy.update(self.now_s, at, evidence, estimates, known=known)
        return self.policy.state

    def acknowledged(self):
        self.policy.alarms.acknowledge(self.now_s)
        return self.policy.state


class Cell:
    """One temperature channel sampled twice a second."""

    def __init__(self, spec=INTERNAL, limits=internal_limits, settings: AlarmSettings | None = None) -> None:
        self.channel = TemperatureChannel(spec, limits(settings or AlarmSettings()))
        self.time_s = 0.0
        self.worst = Level.NORMAL

    def reads(self, *values: float | None):
        for value in values:
            self.time_s += 0.5
            self.channel.add(self.time_s, value)
            self.worst = max((self.worst, *(found.level for found in self.channel.findings)))
        return {(found.cause, found.level) for found in self.channel.findings}

    def rises(self, start_c: float, slope_c_per_s: float, seconds: float):
        return self.reads(*(start_c + slope_c_per_s * 0.5 * index for index in range(round(seconds * 2))))


# --- what one channel proves


def test_h1_one_hot_channel_alone_is_danger():
    assert Cell().reads(*[25.0] * 4, *[120.0] * 5) == {(Cause.TEMPERATURE, Level.DANGER)}


def test_a_single_sample_over_the_limit_is_no_evidence():
    cell = Cell()
    cell.reads(*[48.0] * 10, 65.0, *[48.0] * 10)
    assert cell.worst is Level.NORMAL


def test_chatter_around_the_limit_holds_the_level_until_two_kelvin_below():
    cell = Cell()
    cell.reads(*[59.9] * 10)
    assert cell.reads(60.1, 60.2) == {(Cause.TEMPERATURE, Level.DANGER)}
    assert cell.reads(59.0, 58.5) == {(Cause.TEMPERATURE, Level.DANGER)}
    assert cell.reads(57.9) == {(Cause.TEMPERATURE, Level.WARNING)}
    assert cell.reads(47.9) == set()


def test_f3_half_a_degree_per_second_for_three_seconds_is_danger():
    cell = Cell()
    cell.reads(*[35.0] * 20)
    assert (Cause.RATE, Level.DANGER) not in cell.rises(35.0, 0.6, 4.5)
    assert (Cause.RATE, Level.DANGER) in cell.rises(35.0 + 0.6 * 4.5, 0.6, 1.5)


def test_a_rise_shorter_than_three_seconds_is_nothing():
    cell = Cell()
    cell.reads(*[35.0] * 20)
    cell.rises(35.0, 2.0, 1.5)
    cell.reads(*[38.0] * 20)
    assert cell.worst is Level.NORMAL


def test_a_fingertip_on_the_sensor_is_at_most_a_warning():
    cell = Cell()
    cell.reads(*[22.0] * 20)
    for index in range(60):
        cell.reads(33.0 - 11.0 * 2.718 ** (-0.5 * index / 4.0))
    assert cell.worst is Level.WARNING


def test_a_cold_pack_that_runs_away_alarms_before_it_is_warm():
    cell = Cell()
    cell.reads(*[-20.0] * 20)
    found = cell.rises(-20.0, 4.0, 8.0)
    assert cell.channel.value_c < 33.0
    assert (Cause.RATE, Level.DANGER) in found


def test_a_slow_rise_is_a_warning_before_it_is_danger():
    cell = Cell()
    cell.reads(*[35.0] * 20)
    assert cell.rises(35.0, 0.4, 8.0) == {(Cause.RATE, Level.WARNING)}


def test_hot_air_on_the_ambient_sensor_is_at_most_a_warning():
    cell = Cell(AMBIENT, ambient_limits)
    cell.reads(*[22.0] * 20)
    cell.rises(22.0, 3.0, 9.0)
    assert cell.worst is Level.WARNING


def test_a_jump_from_quiet_to_an_open_sensor_is_no_heat():
    cell = Cell()
    cell.reads(*[25.0] * 20, *[988.79] * 200)
    assert cell.worst is Level.NORMAL
    assert cell.channel.value_c is None


def test_a_sensor_that_burns_keeps_what_it_last_proved():
    cell = Cell()
    cell.reads(*[35.0] * 20)
    cell.rises(35.0, 5.0, 10.0)
    before = cell.channel.findings
    assert {found.level for found in before} == {Level.DANGER}
    cell.reads(*[988.79] * 100, *[None] * 100)
    assert cell.channel.findings == before
    cell.reads(*[25.0] * 30)
    assert cell.channel.findings == ()


def test_a_relocated_reading_is_no_rate_but_its_limits_count_at_once():
    cell = Cell()
    cell.reads(*[25.0] * 20)
    assert cell.reads(90.0, 90.0) == set()
    assert cell.reads(90.0) == {(Cause.TEMPERATURE, Level.DANGER)}


def test_neither_the_rate_nor_a_window_of_the_model_reaches_across_a_relocation():
    channel = TemperatureChannel(INTERNAL, internal_limits(AlarmSettings()))
    for index in range(170):
        channel.add(0.5 * index, 25.0 if index < 100 else 58.0)
        assert not channel.rate_c_per_s
    _, windows = channel.window.take()
    assert {tuple(sorted(set(window))) for window in windows.tolist()} == {(25.0,), (58.0,)}


def test_one_wrong_sample_of_a_slow_sensor_is_no_rise():
    channel = TemperatureChannel(INTERNAL, internal_limits(AlarmSettings()))
    for index, value in enumerate([35.0, 35.0, 35.0, 45.0, 35.0, 35.0, 35.0]):
        channel.add(5.0 * index, value)
        assert channel.findings == ()


# --- k of n


def test_i7_the_model_raises_only_after_k_of_n_windows():
    vote = ModelVote(CARD)
    levels = []
    for index, risk in enumerate([0.9, 0.1, 0.1, 0.9, 0.1, 0.9]):
        vote.add(0.5 * index, risk)
        levels.append(vote.level)
    assert levels == [Level.NORMAL] * 5 + [Level.DANGER]


def test_windows_that_are_no_neighbours_do_not_vote_together():
    vote = ModelVote(CARD)
    vote.add(0.0, 0.9)
    vote.add(40.0, 0.9)
    assert vote.level is Level.NORMAL


def test_a_late_answer_of_the_engine_is_ignored():
    vote = ModelVote(CARD)
    vote.add(10.0, 0.1)
    vote.add(9.5, 0.9)
    vote.add(9.5, 0.9)
    assert (vote.level, vote.probability) == (Level.NORMAL, 0.1)


def test_the_models_level_falls_only_after_its_hold_below_the_clear_threshold():
    vote, time_s = ModelVote(CARD), 0.0
    for risk, seconds, expected in [(0.9, 2, Level.DANGER), (0.1, 4.5, Level.DANGER), (0.25, 1, Level.DANGER)]:
        for _ in range(round(seconds * 2)):
            time_s += 0.5
            vote.add(time_s, risk)
        assert vote.level is expected
    for _ in range(11):
        time_s += 0.5
        vote.add(time_s, 0.1)
    assert vote.level is Level.NORMAL


def test_the_users_threshold_takes_the_place_of_the_cards():
    watch = Watch(settings=AlarmSettings(model_thresholds={CARD.name: 0.25}))
    assert watch.sees(seconds=2, risk=0.26).level is Level.DANGER


def test_a_threshold_that_was_chosen_for_another_model_says_nothing_about_this_one():
    watch = Watch(settings=AlarmSettings(model_thresholds={"another": 0.01}))
    assert watch.sees(seconds=2, risk=0.26).level is Level.NORMAL


def test_a_model_that_fell_silent_has_no_say_any_more():
    watch = Watch()
    watch.sees(seconds=2, risk=0.9)
    state = watch.sees(seconds=90)
    assert state.level is Level.NORMAL
    assert state.active


def test_without_a_card_estimates_are_no_evidence():
    assert Watch(card=None).sees(seconds=5, risk=1.0).level is Level.NORMAL


# --- levels


def test_without_evidence_there_is_no_level():
    assert Watch().sees(known=False).level is Level.UNKNOWN
    assert Watch().sees().level is Level.NORMAL


def test_the_most_severe_cause_wins_and_equals_go_by_precedence():
    state = Watch().sees(BROKEN, STEEP, WARM, HOT)
    assert state.findings == (HOT, STEEP, WARM, BROKEN)
    assert (state.level, state.cause) == (Level.DANGER, Cause.TEMPERATURE)


def test_a_level_rises_at_once_and_falls_after_its_hold():
    watch = Watch()
    watch.sees(WARM)
    assert watch.sees(seconds=9.5).level is Level.WARNING
    assert watch.sees(seconds=0.5).level is Level.NORMAL


def test_danger_that_becomes_a_warning_is_held_too():
    watch = Watch()
    watch.sees(HOT)
    assert watch.sees(WARM, seconds=9.5).level is Level.DANGER
    assert watch.sees(WARM, seconds=1).level is Level.WARNING


def test_nothing_new_gives_the_same_object():
    watch = Watch()
    assert watch.sees(seconds=60, risk=0.01) is watch.sees(seconds=60, risk=0.01)


@given(
    st.lists(st.sampled_from([(), (HOT,), (STEEP, WARM), (WARM,), (BROKEN,)]), min_size=1, max_size=60),
    st.lists(st.floats(0, 1), min_size=60, max_size=60),
)
def test_i7_no_model_ever_lowers_what_the_rules_say(evidences, risks):
    with_model, without = Watch(), Watch(card=None)
    for evidence, risk in zip(evidences, risks, strict=False):
        modelled, plain = with_model.sees(*evidence, risk=risk), without.sees(*evidence, risk=risk)
        assert modelled.level >= plain.level
        assert modelled.active or not plain.active
        assert modelled.level >= max((found.level for found in evidence), default=Level.NORMAL)


# --- the latch


def test_danger_sets_the_alarm_and_a_warning_does_not():
    watch = Watch()
    state = watch.sees(WARM, seconds=60)
    assert not state.active
    assert state.raised_at == START + timedelta(seconds=0.5)
    state = watch.sees(HOT)
    assert state.active
    assert state.raised_at == START + timedelta(seconds=0.5)
    assert state.peak_cause is Cause.TEMPERATURE


def test_an_alarm_that_nobody_saw_stays_for_ever():
    watch = Watch()
    watch.sees(HOT)
    assert watch.sees(seconds=3600).active


def test_an_acknowledged_alarm_ends_after_thirty_seconds_of_normal():
    watch = Watch()
    watch.sees(HOT)
    watch.acknowledged()
    state = watch.sees(seconds=39)
    assert state.active
    assert state.level is Level.NORMAL
    assert not watch.sees(seconds=2).active


def test_acknowledging_does_not_lower_a_level():
    watch = Watch()
    watch.sees(HOT)
    assert watch.acknowledged().level is Level.DANGER
    assert watch.sees(HOT, seconds=600).active


def test_a_warning_or_silence_is_not_quiet_enough_to_end_an_alarm():
    watch = Watch()
    watch.sees(HOT)
    watch.acknowledged()
    assert watch.sees(WARM, seconds=300).active
    assert watch.sees(known=False, seconds=300).active


def test_an_alarm_acknowledged_after_a_long_quiet_ends_at_once():
    watch = Watch()
    watch.sees(HOT)
    watch.sees(seconds=120)
    assert not watch.acknowledged().active


def test_i8_chatter_around_a_limit_is_one_alarm():
    watch = Watch()
    raised = set()
    for _ in range(50):
        raised.add(watch.sees(HOT).raised_at)
        raised.add(watch.sees(seconds=15).raised_at)
    assert len(raised) == 1


def test_a_harder_reason_has_to_be_seen_again():
    watch = Watch()
    watch.sees(seconds=2, risk=0.9)
    assert watch.acknowledged().peak_cause is Cause.MODEL
    state = watch.sees(HOT, risk=0.9)
    assert (state.peak_cause, state.acknowledged) == (Cause.TEMPERATURE, False)
    watch.acknowledged()
    assert watch.sees(STEEP, HOT, risk=0.9).acknowledged


@pytest.mark.parametrize(
    "wrong",
    [
        {"internal_warning_c": 61.0},
        {"rate_warning_c_per_s": 0.6},
        {"rate_warning_c_per_s": 0.0},
        {"hysteresis_k": -1.0},
        {"internal_danger_c": float("nan")},
        {"model_thresholds": {"rate": 0.0}},
        {"gas_ratio": 1.0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be|rates"):
        AlarmSettings(**wrong)
