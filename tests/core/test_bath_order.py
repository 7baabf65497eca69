"""Which telemetry is news: late, repeated, retained, and clocks that are wrong."""

from btr_core.messages import Output
from tests.core.bath_story import BathStory


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
