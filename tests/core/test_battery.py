"""The story of one battery node: what it says, what becomes of it, what is sent back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btr_core.alarm import AlarmSettings
from btr_core.battery import BatteryMonitor, MonitorSettings
from btr_core.correction import CorrectionMode, CorrectionSettings
from btr_core.messages import Ack, Availability, BatteryRegister, BatterySample, DeviceKey, DeviceKind, Level, Receipt
from btr_core.outcome import NOTHING, EventKind
from btr_core.risk.card import load_card
from btr_core.state import Cause
from btr_core.topics import TopicConfig

CARD = load_card(Path(__file__).parents[1] / "fixtures" / "models" / "rate.json")
NODE = DeviceKey(DeviceKind.BATTERY, "cell")
START = datetime(2026, 1, 1, tzinfo=UTC)
QUIET = BatterySample(
    NODE,
    timestamp_ms=0,
    temp_ambient_c=24.0,
    temp_internal_c=25.0,
    humidity_percent=45.0,
    mq2_ppm=15.0,
    mq4_ppm=12.0,
    mq8_ppm=8.0,
    mq7_ppm=22.0,
    voc_index=285.0,
    max30105_smoke=120.0,
    max30105_temp_c=30.0,
    status=Level.NORMAL,
)


class Story:
    """A monitor, a node that samples twice a second, the hub's tick, and an engine that answers ``risk``."""

    def __init__(self, card=None, uptime_s: float = 1000.0, **kwargs) -> None:
        self.monitor = BatteryMonitor(NODE, MonitorSettings(**kwargs), TopicConfig(battery_prefixes=("cell",)), card)
        self.now_s = 50.0
        self.stamp_ms = round(uptime_s * 1000)
        self.events: list[tuple[str, dict]] = []
        self.sent: list[str] = []
        self.risk = 0.01

    @property
    def state(self):
        return self.monitor.state

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events]

    def receipt(self, *, retained: bool = False) -> Receipt:
        return Receipt(self.now_s, START + timedelta(seconds=self.now_s), retained)

    def tick(self):
        outcome = self.monitor.update(self.now_s, START + timedelta(seconds=self.now_s))
        self.events += [(str(event.kind), dict(event.data)) for event in outcome.events]
        self.sent += [publish.payload for publish in outcome.publishes]
        for part in self.monitor.take_windows():
            risks = np.full(len(part.times_s), self.risk, dtype=np.float32)
            self.monitor.apply_risk(part.channel, part.times_s, risks)
        return self.state

    def says(self, seconds: float = 0.5, *, rising: float = 0.0, **fields):
        sample = replace(QUIET, **fields)
        for index in range(max(1, round(seconds * 2))):
            self.now_s += 0.5
            self.stamp_ms = (self.stamp_ms + 500) % 2**32
            warmer = {} if not rising else {"temp_internal_c": (sample.temp_internal_c or 0.0) + rising * 0.5 * index}
            self.monitor.handle(replace(sample, timestamp_ms=self.stamp_ms, **warmer), self.receipt())
            self.tick()
        return self.state

    def is_silent(self, seconds: float):
        for _ in range(round(seconds * 2)):
            self.now_s += 0.5
            self.tick()
        return self.state

    def acknowledged(self):
        self.monitor.acknowledge(self.now_s, START + timedelta(seconds=self.now_s))
        return self.tick()


# --- life


def test_before_the_first_message_nothing_is_known():
    state = Story().tick()
    assert (state.online, state.alarm.level, state.temp_internal_c, state.sensor_fault) == (
        False,
        Level.UNKNOWN,
        None,
        None,
    )


def test_a_live_message_makes_it_available_and_its_values_known():
    story = Story()
    state = story.says()
    assert state.online
    assert state.alarm.level is Level.NORMAL
    assert (state.temp_internal_c, state.humidity_percent, state.mq7_ppm) == (25.0, 45.0, 22.0)
    assert state.last_message_at == START + timedelta(seconds=story.now_s)
    assert story.kinds == [EventKind.CAME_ONLINE]


def test_i1_it_is_unavailable_after_five_seconds_of_silence_and_back_within_one_message():
    story = Story()
    story.says(10)
    assert story.is_silent(5).online
    state = story.is_silent(0.5)
    assert (state.online, state.temp_internal_c, state.alarm.level) == (False, None, Level.UNKNOWN)
    assert story.says().online
    assert story.kinds == [EventKind.CAME_ONLINE, EventKind.WENT_OFFLINE, EventKind.CAME_ONLINE]


def test_i1_the_last_will_counts_at_once_until_the_next_live_message():
    story = Story()
    story.says(10)
    story.monitor.handle(Availability(NODE, online=False), story.receipt())
    assert not story.tick().online
    story.monitor.handle(Availability(NODE, online=True), story.receipt())
    assert not story.tick().online, "a birth is no measurement"
    assert story.says().online


def test_i1_a_slow_node_is_not_unavailable_between_its_messages():
    story = Story()
    for _ in range(20):
        story.now_s += 4.5
        story.stamp_ms += 4500
        story.monitor.handle(replace(QUIET, timestamp_ms=story.stamp_ms), story.receipt())
        story.tick()
    assert story.is_silent(12).online
    assert not story.is_silent(3).online


def test_i1_a_bad_channel_is_unknown_alone():
    state = Story().says(3, humidity_percent=None, bad_fields=("humidity_percent",))
    assert state.humidity_percent is None
    assert (state.temp_internal_c, state.mq2_ppm, state.online) == (25.0, 15.0, True)


def test_i2_retained_and_late_samples_are_history():
    story = Story()
    hot = replace(QUIET, temp_internal_c=150.0, timestamp_ms=5)
    for _ in range(20):
        story.now_s += 0.5
        story.monitor.handle(hot, story.receipt(retained=True))
        story.monitor.handle(replace(hot, late=True), story.receipt())
    state = story.tick()
    assert (state.online, state.temp_internal_c, state.last_message_at) == (False, None, None)
    story.says(3)
    story.monitor.handle(replace(hot, late=True, timestamp_ms=story.stamp_ms + 500), story.receipt())
    assert story.tick().temp_internal_c == 25.0


def test_i2_a_retained_message_does_not_refresh_freshness():
    story = Story()
    story.says(10)
    for _ in range(12):
        story.now_s += 0.5
        story.monitor.handle(replace(QUIET, timestamp_ms=story.stamp_ms + 500), story.receipt(retained=True))
        story.tick()
    assert not story.state.online


def test_i2_a_retained_last_will_is_believed_until_a_live_message():
    story = Story()
    story.monitor.handle(Availability(NODE, online=False), story.receipt(retained=True))
    assert not story.tick().online
    assert story.says().online


def test_duplicates_change_nothing():
    story = Story()
    story.says(3)
    for _ in range(8):
        sample = replace(QUIET, timestamp_ms=story.stamp_ms, temp_internal_c=90.0)
        story.monitor.handle(sample, story.receipt())
    assert story.tick().temp_internal_c == 25.0


def test_what_did_not_change_is_the_same_object():
    story = Story()
    before = story.says(3)
    assert story.is_silent(2) is before
    assert story.monitor.update(story.now_s, START) is NOTHING


def test_a_register_is_kept_even_if_retained_and_malformed_messages_are_counted():
    story = Story()
    register = BatteryRegister(NODE, firmware="2.1.0")
    story.monitor.handle(register, story.receipt(retained=True))
    story.monitor.handle(Ack(NODE, "7", "applied"), story.receipt())
    story.monitor.note_malformed()
    state = story.tick()
    assert (state.register, state.malformed_messages, state.online) == (register, 1, False)


# --- alarm


def test_a_runaway_alarms_within_five_seconds_of_its_onset():
    story = Story()
    story.says(60)
    state = story.says(5, rising=4.0, temp_internal_c=30.0)
    assert state.alarm.active
    assert state.alarm.cause is Cause.RATE
    assert state.time_to_80_s is not None
    assert story.kinds[1:] == [EventKind.RAISED, EventKind.CORRECTION_SENT]
    assert story.events[1][1].items() >= {"level": "danger", "cause": "rate", "channel": "temp_internal_c"}.items()
    assert story.sent == ["danger"]


def test_at_five_times_speed_the_same_runaway_is_the_same_alarm():
    story = Story(card=CARD)
    for _ in range(24):
        for _ in range(5):
            story.stamp_ms += 500
            story.now_s += 0.1
            story.monitor.handle(replace(QUIET, timestamp_ms=story.stamp_ms), story.receipt())
        story.tick()
    assert story.state.risk == pytest.approx(0.01)
    temp_c = 30.0
    for _ in range(10):
        temp_c += 2.0
        story.stamp_ms += 500
        story.now_s += 0.1
        story.monitor.handle(replace(QUIET, timestamp_ms=story.stamp_ms, temp_internal_c=temp_c), story.receipt())
    state = story.tick()
    assert state.alarm.active
    assert state.rate_c_per_s == pytest.approx(4.0)


def test_i8_chatter_raises_one_alarm_and_its_end_is_told_once():
    story = Story()
    for _ in range(5):
        story.says(3, temp_internal_c=61.0)
        story.says(40, temp_internal_c=40.0)
    story.acknowledged()
    story.acknowledged()
    story.says(60)
    told = [kind for kind in story.kinds if kind in (EventKind.RAISED, EventKind.ACKNOWLEDGED, EventKind.CLEARED)]
    assert told == [EventKind.RAISED, EventKind.ACKNOWLEDGED, EventKind.CLEARED]
    assert not story.state.alarm.active


def test_a_harder_cause_escalates_the_alarm_once():
    story = Story()
    story.says(60)
    story.says(30, rising=1.0, temp_internal_c=36.0)
    assert story.kinds.count(EventKind.RAISED) == 1
    assert story.kinds.count(EventKind.ESCALATED) == 1
    assert story.state.alarm.peak_cause is Cause.TEMPERATURE


@pytest.mark.parametrize("reading", [988.79, -242.02])
def test_an_unplugged_sensor_is_a_fault_and_no_fire(reading):
    story = Story()
    story.says(30)
    state = story.says(60, temp_internal_c=reading)
    assert state.temp_internal_c is None
    assert state.sensor_fault is True
    assert (state.alarm.level, state.alarm.cause) == (Level.WARNING, Cause.SENSOR_FAULT)
    assert not state.alarm.active
    assert story.says(12).sensor_fault is False


def test_one_bad_sample_is_no_sensor_fault():
    story = Story()
    story.says(30)
    story.says(1, temp_internal_c=988.79)
    assert story.says(3).alarm.level is Level.NORMAL


def test_a_channel_that_vanished_is_a_fault_and_one_that_never_was_is_none():
    story = Story()
    assert story.says(10, max30105_smoke=None, max30105_temp_c=None).sensor_fault is False
    assert story.says(10, temp_internal_c=None, max30105_smoke=None, max30105_temp_c=None).sensor_fault is True


def test_an_sht4x_that_never_answered_reads_zero_and_is_a_fault():
    state = Story().says(5, temp_ambient_c=0.0, humidity_percent=0.0)
    assert (state.temp_ambient_c, state.humidity_percent, state.sensor_fault) == (None, None, True)
    assert Story().says(5, temp_ambient_c=0.0).temp_ambient_c == 0.0


def test_fault_bits_of_our_firmware_are_a_fault():
    assert Story().says(5, fault=4).sensor_fault is True
    assert Story().says(5, fault=0).sensor_fault is False


def test_a_failed_voc_sensor_is_unknown():
    state = Story().says(5, voc_index=0.0)
    assert (state.voc_index, state.sensor_fault) == (None, True)


def test_h1_one_original_channel_far_over_its_limit_is_danger_whatever_the_node_says():
    assert Story().says(2, temp_internal_c=120.0, status=Level.WARNING).alarm.level is Level.DANGER


def test_h5_an_original_nodes_count_is_a_warning_at_most():
    state = Story().says(60, mq2_ppm=300.0, mq4_ppm=300.0, mq8_ppm=300.0, mq7_ppm=700.0, status=Level.DANGER)
    assert (state.alarm.level, state.alarm.cause) == (Level.WARNING, Cause.LOCAL_STATUS)
    assert state.local_status is Level.DANGER


def test_h5_humidity_and_the_voc_signal_are_context():
    state = Story().says(60, humidity_percent=95.0, voc_index=150.0, status=Level.WARNING)
    assert state.alarm.level is Level.NORMAL
    assert state.local_status is Level.WARNING


def test_the_local_grade_of_an_original_is_recomputed_because_its_status_may_be_our_echo():
    state = Story().says(2, status=Level.DANGER)
    assert (state.local_status, state.shown_status) == (Level.NORMAL, Level.DANGER)


def test_our_firmwares_own_grade_is_believed_in_full():
    state = Story().says(2, local_status=Level.DANGER, status=Level.DANGER)
    assert state.alarm.active
    assert state.alarm.cause is Cause.LOCAL_STATUS


def test_two_gases_at_once_are_an_alarm_and_warm_up_is_not():
    story = Story(uptime_s=0.0)
    assert story.says(170, mq2_ppm=90.0, mq8_ppm=190.0).alarm.level is Level.NORMAL
    assert story.says(60).gas is False
    state = story.says(10, mq2_ppm=90.0, mq8_ppm=190.0)
    assert state.gas is True
    assert state.alarm.cause is Cause.GAS
    assert state.alarm.active


def test_silence_after_a_rising_temperature_is_an_alarm():
    story = Story()
    story.says(30)
    story.says(2.5, rising=0.4, temp_internal_c=35.0)
    state = story.is_silent(9.5)
    assert not state.alarm.active
    state = story.is_silent(1)
    assert state.alarm.active
    assert state.alarm.cause is Cause.SILENCE
    assert not state.online


def test_silence_after_a_warning_is_an_alarm_and_after_normal_it_is_not():
    story = Story()
    story.says(30)
    assert not story.is_silent(600).alarm.active
    story.says(30, temp_internal_c=52.0)
    story.monitor.handle(Availability(NODE, online=False), story.receipt())
    assert story.is_silent(11).alarm.cause is Cause.SILENCE


def test_a_node_that_is_heard_again_ends_its_silence_but_not_the_alarm():
    story = Story()
    story.says(30, temp_internal_c=52.0)
    story.is_silent(30)
    state = story.says(15)
    assert state.alarm.level is Level.NORMAL
    assert state.alarm.active


def test_f11_a_runaway_across_the_wrap_of_the_counter_is_the_same():
    def told_from(uptime_s: float):
        story = Story(uptime_s=uptime_s)
        story.says(7)
        story.says(15, rising=2.0, temp_internal_c=30.0)
        return story.events, story.state.rate_c_per_s

    assert told_from(2**32 / 1000 - 10) == told_from(1000.0)


def test_a_reboot_in_the_middle_of_a_rise_is_no_rate_of_its_own():
    story = Story()
    story.says(30, temp_internal_c=36.0)
    story.stamp_ms = 0
    story.now_s += 4.0
    assert story.says(10, temp_internal_c=44.0).alarm.level is Level.NORMAL


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


# --- anything


numbers = st.none() | st.floats(-1e3, 1e3) | st.sampled_from([0.0, 988.79, -242.02])
samples = st.builds(
    BatterySample,
    st.just(NODE),
    timestamp_ms=st.none() | st.integers(0, 2**32 - 1) | st.integers(0, 20_000),
    temp_ambient_c=numbers,
    temp_internal_c=numbers,
    humidity_percent=numbers,
    mq2_ppm=numbers,
    voc_index=numbers,
    max30105_smoke=numbers,
    status=st.none() | st.sampled_from(Level),
    local_status=st.none() | st.sampled_from(Level),
    fault=st.none() | st.integers(0, 7),
    late=st.booleans(),
    bad_fields=st.sampled_from([(), ("temp_internal_c",), ("status", "timestamp_ms")]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(samples, st.floats(0, 20), st.booleans(), st.floats(0, 1)), max_size=40))
def test_i4_no_history_of_messages_breaks_the_monitor(history):
    story = Story(card=CARD)
    for sample, later_s, retained, risk in history:
        story.now_s += later_s
        story.risk = risk
        story.monitor.handle(sample, story.receipt(retained=retained))
        state = story.tick()
        assert state.temp_internal_c is None or -50 <= state.temp_internal_c <= 200
        assert state.alarm.active or state.alarm.level is not Level.DANGER
    assert all(payload in ("normal", "danger") for payload in story.sent)
