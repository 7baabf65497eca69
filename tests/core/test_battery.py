"""The story of one battery node: what it says and what becomes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btr_core.messages import Ack, Availability, BatteryRegister, BatterySample, Level
from btr_core.outcome import NOTHING, EventKind
from btr_core.state import Cause
from tests.core.battery_story import CARD, NODE, QUIET, START, Story

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


def test_an_index_that_the_sgp41_does_not_have_yet_is_no_sensor_fault():
    story = Story(uptime_s=0.0)
    conditioning = {"voc_index": None, "bad_fields": ("voc_index",)}
    assert story.says(10, voc_raw=37000.0, gas_ready=False, **conditioning).sensor_fault is False
    assert story.says(10, voc_raw=37000.0, gas_ready=True, **conditioning).sensor_fault is True


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
