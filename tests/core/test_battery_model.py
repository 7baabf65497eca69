"""The story of one battery node: what the model adds, and what is sent back."""

from dataclasses import replace

import numpy as np
import pytest

from btr_core.alarm import AlarmSettings
from btr_core.battery import MonitorSettings
from btr_core.correction import CorrectionMode, CorrectionSettings
from btr_core.messages import Availability, Level, Receipt
from btr_core.outcome import EventKind
from btr_core.state import Cause
from tests.core.battery_story import CARD, NODE, QUIET, START, Story

# --- the model


def test_the_model_is_asked_with_complete_windows_of_both_channels_and_its_answer_shown():
    story = Story(card=CARD)
    story.says(29)
    assert story.state.risk is None
    story.risk = 0.2
    state = story.says(3)
    assert (state.risk, state.risk_internal, state.risk_ambient) == pytest.approx((0.2, 0.2, 0.2))


def test_i7_the_model_alone_raises_after_k_of_n_windows():
    story = Story(card=CARD)
    story.says(40)
    story.risk = 0.9
    assert not story.says(1).alarm.active
    assert story.says(1).alarm.peak_cause is Cause.MODEL


def test_i7_a_quiet_model_never_lowers_a_hard_rule():
    story = Story(card=CARD)
    story.says(40)
    state = story.says(30, temp_internal_c=65.0)
    assert state.risk == pytest.approx(0.01)
    assert state.alarm.level is Level.DANGER


def test_i6_without_a_model_the_rules_go_on():
    story = Story(card=CARD)
    story.says(40)
    story.monitor.use_card(None)
    state = story.says(2, temp_internal_c=65.0)
    assert state.risk is None
    assert state.alarm.active


def test_answers_to_windows_of_an_earlier_model_do_not_count():
    story = Story(card=CARD)
    story.says(40)
    late = story.monitor._time_s
    story.monitor.use_card(replace(CARD, name="another"))
    story.monitor.apply_risk("temp_internal_c", [late], np.array([1.0], dtype=np.float32))
    assert story.tick().risk is None


def test_another_model_on_the_same_grid_judges_the_next_sample():
    story = Story(card=CARD)
    story.says(40)
    story.monitor.use_card(replace(CARD, name="another"))
    assert story.tick().risk is None
    story.risk = 0.3
    assert story.says(1).risk == pytest.approx(0.3)


def test_a_model_with_another_grid_gets_windows_of_its_own_shape():
    story = Story(card=CARD)
    story.monitor.use_card(replace(CARD, sequence_length=20, interval_s=1.0))
    for index in range(40):
        story.stamp_ms += 500
        story.monitor.handle(replace(QUIET, timestamp_ms=story.stamp_ms), Receipt(50.0 + index / 2, START))
    parts = story.monitor.take_windows()
    assert [part.channel for part in parts] == ["temp_internal_c", "temp_ambient_c"]
    assert parts[0].values.shape[1] == 20


def test_a_risk_goes_unknown_when_the_engine_falls_silent():
    story = Story(card=CARD)
    story.says(40)
    story.monitor.take_windows = lambda: ()
    assert story.says(10).risk is None


# --- corrections


def test_a_false_danger_is_lowered_after_ten_calm_seconds_of_the_model():
    story = Story(card=CARD)
    story.says(35, status=Level.DANGER)
    assert story.sent == []
    state = story.says(10, status=Level.DANGER)
    assert story.sent[0] == "normal"
    assert state.correction is Level.NORMAL
    told = [data for kind, data in story.events if kind == EventKind.CORRECTION_SENT]
    assert told[0].items() >= {"level": "normal", "cause": "model", "shown": "danger", "limit": 0.3}.items()
    assert len(told) == 1


def test_h3_a_single_answer_above_the_threshold_of_the_user_is_not_calm():
    story = Story(card=CARD, alarm=AlarmSettings(model_thresholds={CARD.name: 0.05}))
    story.says(35, status=Level.DANGER)
    for _ in range(10):
        story.risk = 0.1
        story.says(0.5, status=Level.DANGER)
        story.risk = 0.01
        assert not story.says(5, status=Level.DANGER).alarm.active, "the vote of the model needs more than one"
    assert story.sent == []
    story.says(10, status=Level.DANGER)
    told = [data for kind, data in story.events if kind == EventKind.CORRECTION_SENT]
    assert [(data["level"], data["limit"]) for data in told] == [("normal", 0.05)]


def test_without_a_model_no_danger_is_ever_lowered():
    story = Story()
    story.says(120, status=Level.DANGER)
    assert story.sent == []


def test_h3_evidence_under_our_normal_sends_danger():
    story = Story(card=CARD)
    loud = {"mq2_ppm": 150.0, "humidity_percent": 90.0, "voc_index": 100.0}
    story.says(80, status=Level.DANGER, **loud)
    assert set(story.sent) == {"normal"}
    story.says(2, status=Level.NORMAL, **loud)
    story.says(2, status=Level.NORMAL, temp_internal_c=51.0, **loud)
    assert story.sent[-1] == "danger"


@pytest.mark.parametrize(
    "loud",
    [
        {"mq2_ppm": 600.0, "mq4_ppm": 480.0, "mq8_ppm": 320.0},
        {"temp_internal_c": 61.0, "max30105_smoke": 900.0, "humidity_percent": 90.0},
    ],
    ids=["venting", "hot and smoking"],
)
def test_h3_a_danger_is_not_called_normal_before_our_rules_had_time_to_confirm_it(loud):
    story = Story(card=CARD)
    story.says(120)
    story.says(30, status=Level.DANGER, **loud)
    assert "normal" not in story.sent
    assert story.state.alarm.active


def test_a_last_will_does_not_outrun_the_reading_before_it():
    story = Story()
    story.says(10)
    for _ in range(3):
        story.stamp_ms += 500
        story.now_s += 0.1
        story.monitor.handle(replace(QUIET, timestamp_ms=story.stamp_ms, temp_internal_c=75.0), story.receipt())
        story.now_s += 0.4
    story.monitor.handle(Availability(NODE, online=False), story.receipt())
    story.tick()
    assert story.state.alarm.active
    assert not story.state.online


def test_a_sensor_that_burned_before_anybody_looked_is_an_alarm():
    assert Story().says(5, temp_internal_c=250.0).alarm.active
    assert not Story().says(60, temp_internal_c=988.79).alarm.active


def test_a_risk_goes_unknown_with_its_own_channel():
    story = Story(card=CARD)
    story.says(40)
    assert story.state.risk_internal is not None
    state = story.says(30, temp_internal_c=None)
    assert (state.risk_internal, state.risk_ambient is None) == (None, False)


def test_h3_gases_that_were_there_before_us_are_never_called_normal():
    story = Story(card=CARD)
    story.says(600, status=Level.DANGER, mq2_ppm=900.0, mq4_ppm=800.0, humidity_percent=90.0)
    assert story.sent == []


def test_h3_a_hot_smoke_sensor_is_never_called_normal():
    story = Story(card=CARD)
    story.says(120, status=Level.DANGER, max30105_temp_c=90.0, humidity_percent=90.0, voc_index=100.0)
    assert story.sent == []


def test_f21_our_firmwares_baselines_are_learned_only_while_it_says_normal():
    story = Story()
    story.says(120, local_status=Level.WARNING, mq2_ppm=900.0, gas_ready=True)
    assert story.state.gas is None
    assert story.says(60, local_status=Level.NORMAL, gas_ready=True).gas is False


def test_an_acknowledged_alarm_that_died_down_and_comes_back_has_to_be_seen_again():
    story = Story()
    story.says(10, temp_internal_c=61.0)
    story.acknowledged()
    story.says(60, temp_internal_c=55.0)
    assert story.state.alarm.acknowledged
    state = story.says(5, temp_internal_c=61.0)
    assert (state.alarm.active, state.alarm.acknowledged) == (True, False)
    assert EventKind.ESCALATED in story.kinds


def test_corrections_can_be_switched_off():
    story = Story(correction=CorrectionSettings(CorrectionMode.OFF))
    story.says(10, temp_internal_c=70.0)
    assert story.state.alarm.active
    assert story.sent == []


def test_new_limits_count_from_the_next_sample():
    story = Story()
    story.says(10, temp_internal_c=45.0)
    story.monitor.configure(MonitorSettings(alarm=AlarmSettings(internal_warning_c=35.0, internal_danger_c=40.0)))
    assert story.says(2, temp_internal_c=45.0).alarm.active


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="period_s"):
        MonitorSettings(period_s=0.0)
