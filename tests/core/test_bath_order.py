"""Which telemetry is news: late, repeated, retained, and clocks that are wrong."""

import pytest

from btr_core.messages import Output
from tests.core.bath_story import START, BathStory


def test_i2_retained_telemetry_gives_no_values_and_no_life() -> None:
    story = BathStory(running=False)
    story.says(retained=True)
    assert not story.state.online
    assert story.state.tank_c is None


def test_i2_retained_messages_do_not_refresh_freshness() -> None:
    story = BathStory()
    for _ in range(5):
        story.passes(30)
        story.says(retained=True)
        story.registers(retained=True)
        story.hears("availability", "online", retained=True)
    story.passes(2)
    assert not story.state.online


def test_i2_a_late_message_neither_overwrites_nor_refreshes() -> None:
    story = BathStory()
    story.passes(60)
    story.says(TankTemp=70.0)
    for _ in range(12):
        story.passes(12)
        story.says(TankTemp=20.0, age_s=600, ts="2026-04-02 09:59:00")
    story.passes(8)
    assert story.state.tank_c == 70.0
    assert not story.state.online


def test_i2_a_message_that_is_only_a_little_late_does_not_overwrite_either() -> None:
    story = BathStory()
    story.passes(60)
    story.says(TankTemp=70.0)
    story.passes(5)
    story.says(TankTemp=20.0, age_s=20)
    assert story.state.tank_c == 70.0


def test_i2_a_buffer_that_is_emptied_after_our_start_counts_for_nothing() -> None:
    story = BathStory(running=False)
    for minutes in range(12, 1, -1):
        story.says(TankTemp=20.0 + minutes, age_s=minutes * 60)
        story.passes(0.5)
    assert not story.state.online
    story.says(TankTemp=70.0)
    assert story.state.online
    assert story.state.tank_c == 70.0


def test_a_duplicate_is_not_counted_twice() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    ts = "2026-04-02 10:00:00"
    story.passes(40)
    story.says(Heater=0, ts=ts)
    story.says(Heater=1, ts=ts)
    assert story.state.heater_cycles == 0
    assert story.state.heater_on_s == 0.0
    assert story.state.outputs[Output.HEATER] is True


def test_several_changes_within_one_second_are_told_apart_by_their_sequence() -> None:
    story = BathStory(running=False)
    story.says(Heater=0, extra={"seq": 1})
    story.says(Heater=1, ts="2026-04-02 10:00:00", extra={"seq": 2})
    story.says(Heater=0, ts="2026-04-02 10:00:00", extra={"seq": 1})
    assert story.state.outputs[Output.HEATER] is True


def test_a_clock_that_never_synchronised_falls_back_to_arrival() -> None:
    story = BathStory(running=False)
    for tank_c in (60.0, 61.0):
        story.says(TankTemp=tank_c, ts="1970-01-01 08:00:07")
        assert story.state.online
        assert story.state.tank_c == tank_c
        story.passes(60)


def test_a_clock_that_is_hours_wrong_is_understood_from_the_second_message() -> None:
    story = BathStory(running=False)
    story.says(age_s=8 * 3600)
    assert not story.state.online
    story.passes(60)
    story.says(age_s=8 * 3600, TankTemp=61.0)
    assert story.state.online
    story.passes(60)
    story.says(age_s=8 * 3600, TankTemp=62.0)
    assert story.state.tank_c == 62.0


def test_i2_a_buffer_of_close_samples_is_not_taken_for_a_wrong_clock() -> None:
    story = BathStory(running=False)
    for age_s in (603, 601, 600):
        story.says(age_s=age_s)
        story.passes(0.5)
    assert not story.state.online


def test_i2_a_clock_that_was_put_right_makes_late_messages_late_again() -> None:
    story = BathStory(running=False)
    for _ in range(2):
        story.says(age_s=8 * 3600)
        story.passes(60)
    story.says(TankTemp=70.0)
    story.passes(300)
    story.says(TankTemp=20.0, age_s=200)
    assert not story.state.online
    assert story.state.tank_c == 70.0


def test_a_clock_that_is_set_back_does_not_silence_the_bath() -> None:
    story = BathStory(running=False)
    story.says(age_s=-3600)
    assert story.state.online
    story.passes(60)
    story.says(TankTemp=61.0)
    story.passes(60)
    story.says(TankTemp=62.0)
    assert story.state.tank_c == 62.0
    story.passes(140)
    assert story.state.online


def test_i2_a_bath_that_marks_its_late_messages_is_taken_at_its_word() -> None:
    story = BathStory(running=False)
    story.says(TankTemp=70.0, extra={"seq": 20, "uptime_s": 900})
    story.passes(5)
    story.says(TankTemp=20.0, extra={"seq": 21, "uptime_s": 905, "late": True})
    assert story.state.tank_c == 70.0
    story.says(TankTemp=71.0, age_s=7 * 3600, extra={"seq": 21, "uptime_s": 905})
    assert story.state.tank_c == 71.0, "its clock is wrong, its count is not"


def test_i2_messages_of_ours_that_overtook_each_other_are_put_right_by_their_count() -> None:
    story = BathStory(running=False)
    story.says(TankTemp=70.0, extra={"seq": 20, "uptime_s": 900})
    story.says(TankTemp=20.0, extra={"seq": 19, "uptime_s": 899}, age_s=1)
    story.says(TankTemp=20.0, extra={"seq": 12, "uptime_s": 300}, age_s=600)
    assert story.state.tank_c == 70.0


def test_a_bath_of_ours_that_counts_from_the_start_again_is_heard_at_once() -> None:
    """With a right clock, with none, and with one that was put back while it was off."""
    for ts in (None, "1970-01-01 08:00:04", "2026-04-02 09:00:00"):
        story = BathStory(running=False)
        story.says(TankTemp=70.0, extra={"seq": 500, "uptime_s": 9000})
        story.passes(8)
        story.says(TankTemp=71.0, ts=ts, extra={"seq": 0, "uptime_s": 4})
        assert story.state.tank_c == 71.0
        story.passes(5)
        story.says(TankTemp=72.0, ts=ts, extra={"seq": 1, "uptime_s": 9})
        assert story.state.tank_c == 72.0


def test_a_bath_that_counts_but_tells_no_uptime_is_heard_after_its_restart() -> None:
    for ts in (None, "1970-01-01 08:00:04"):
        story = BathStory(running=False)
        story.says(TankTemp=70.0, extra={"seq": 500})
        story.passes(8)
        story.says(TankTemp=71.0, ts=ts, extra={"seq": 0})
        assert story.state.tank_c == 71.0


def test_messages_of_one_second_that_overtook_each_other_are_no_restart() -> None:
    story = BathStory(running=False)
    story.says(TankTemp=70.0, extra={"seq": 20, "uptime_s": 900})
    story.says(TankTemp=20.0, extra={"seq": 19, "uptime_s": 900})
    assert story.state.tank_c == 70.0


def test_a_restart_is_seen_although_the_message_before_it_was_long_under_way() -> None:
    story = BathStory(running=False)
    story.says(TankTemp=70.0, extra={"seq": 500, "uptime_s": 9000}, age_s=30)
    story.passes(5)
    story.says(TankTemp=71.0, extra={"seq": 0, "uptime_s": 25})
    assert story.state.tank_c == 71.0


def test_a_count_that_stands_still_does_not_silence_a_bath() -> None:
    story = BathStory(running=False)
    story.passes(600, extra={"seq": 7})
    story.passes(1)
    story.says(TankTemp=72.0, extra={"seq": 7})
    assert story.state.tank_c == 72.0


def test_i2_twelve_messages_of_an_original_out_of_order_change_nothing() -> None:
    story = BathStory(running=False)
    story.says(TankTemp=70.0)
    for minutes in (12, 3, 7, 1, 9, 2, 11, 5, 4, 10, 6, 8):
        story.says(TankTemp=20.0, age_s=60 * minutes)
        story.passes(0.5)
    assert story.state.tank_c == 70.0
    assert story.state.last_message_at == START


def test_i2_a_buffer_from_before_the_clock_was_set_does_not_overwrite() -> None:
    story = BathStory(running=False)
    story.says(TankTemp=70.0)
    for seconds in (12, 11, 10):
        story.passes(1)
        story.says(TankTemp=20.0, ts=f"1970-01-01 08:00:{seconds}")
    assert story.state.tank_c == 70.0
    story.passes(60)
    story.says(TankTemp=71.0, ts="1970-01-01 08:01:00")
    assert story.state.tank_c == 71.0, "it has lost its clock, not its voice"


def test_i2_a_buffer_without_a_clock_ends_with_its_newest() -> None:
    story = BathStory(running=False)
    for minute, tank_c in ((7, 67.0), (9, 69.0), (5, 65.0), (8, 68.0)):
        story.says(TankTemp=tank_c, ts=f"1970-01-01 08:0{minute}:00")
        story.passes(0.5)
    assert story.state.tank_c == 69.0


def test_an_original_that_lost_its_clock_with_its_power_is_heard_at_once() -> None:
    story = BathStory()
    story.registers()
    story.says(TankTemp=71.0, ts="1970-01-01 08:00:05")
    assert story.state.tank_c == 71.0


@pytest.mark.parametrize("ts", ["2026-04-02T10:01:00+08:00", "2026-04-02 02:01:00Z", "2026-04-02 10:01:00"])
def test_a_time_with_a_zone_is_taken_as_it_says_and_one_without_is_chinese(ts: str) -> None:
    story = BathStory(running=False)
    story.passes(60)
    story.says(TankTemp=71.0, ts=ts)
    assert story.state.online
    story.passes(60)
    story.says(TankTemp=20.0, ts=ts.replace("01:00", "00:40"))
    assert story.state.tank_c == 71.0
