"""The last minutes of a battery are kept as the node measured them, in memory that does not grow."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.black_box import BlackBox
from btr_core.recording import as_csv, black_box_channel, file_name, is_black_box, says_runaway
from btr_training.data import read_recording
from tests.core.battery_story import QUIET, START, Story

INTERNAL, AMBIENT = "temp_internal_c", "temp_ambient_c"


def read(story: Story, channel: str = INTERNAL) -> list[tuple[float, float]]:
    """Everything that the box holds of a channel: seconds from its first sample, degC."""
    tape = story.monitor.black_box.tape()
    assert tape is not None
    return [(round(time_s, 3), round(temp_c, 2)) for time_s, temp_c in tape.all_samples(channel)]


def late(story: Story, stamp_ms: int, **fields) -> None:
    """The node sends a sample that it kept over an outage."""
    story.monitor.handle(replace(QUIET, timestamp_ms=stamp_ms, late=True, **fields), story.receipt())


def test_both_temperatures_are_kept_twice_a_second_on_the_time_line_of_the_node():
    story = Story()
    story.says(10, rising=1.0)

    assert read(story) == [(0.5 * count, 25.0 + 0.5 * count) for count in range(20)]
    assert read(story, AMBIENT) == [(0.5 * count, 24.0) for count in range(20)]
    tape = story.monitor.black_box.tape()
    assert tape is not None
    assert tape.ends_at == START + timedelta(seconds=story.now_s)


def test_only_the_last_minutes_are_kept_in_memory_that_stays_the_same():
    story = Story()
    story.monitor.black_box = box = BlackBox(1)
    size = box.nbytes
    story.says(300)

    assert len(box) == 120
    assert box.nbytes == size == 3840
    assert read(story)[-1][0] == pytest.approx(59.5)
    assert len(box.tape().times_s) == 120


def test_a_period_is_read_from_its_start_until_before_its_end():
    story = Story()
    story.says(10, rising=1.0)
    tape = story.monitor.black_box.tape()
    assert tape is not None

    start = tape.begins_at + timedelta(seconds=2)
    assert tape.samples(INTERNAL, start, start + timedelta(seconds=1)) == ((0.0, 27.0), (0.5, 27.5))
    assert tape.samples(INTERNAL, start + timedelta(hours=1), start + timedelta(hours=2)) == ()


def test_late_samples_fill_the_gap_of_an_outage_and_nothing_else():
    story = Story()
    story.says(5)
    lost_ms = [story.stamp_ms + 500 * count for count in range(1, 21)]
    story.is_silent(10)
    story.stamp_ms += 10_000
    story.says(5, temp_internal_c=26.0)
    late(story, story.stamp_ms, temp_internal_c=99.0)
    for stamp_ms in reversed(lost_ms):
        late(story, stamp_ms, temp_internal_c=25.5)

    temps = [temp_c for _, temp_c in read(story)]
    assert temps == [25.0] * 10 + [25.5] * 20 + [26.0] * 10
    assert [time_s for time_s, _ in read(story)] == [0.5 * count for count in range(40)]


def test_a_late_sample_may_come_before_the_first_live_one():
    story = Story()
    story.says(5)
    lost_ms = story.stamp_ms + 500
    story.is_silent(2)
    late(story, lost_ms, temp_internal_c=25.5)

    assert read(story)[-1] == (5.0, 25.5)


@pytest.mark.parametrize("stamp_ms", [None, 900_000, 1_500_000])
def test_a_late_sample_without_a_place_on_the_time_line_is_left_out(stamp_ms):
    story = Story(uptime_s=5)
    story.says(5)
    before = read(story)
    late(story, stamp_ms, temp_internal_c=70.0)

    assert read(story) == before


def test_late_samples_find_their_place_over_the_wrap_of_the_clock():
    story = Story(uptime_s=2**32 / 1000 - 5)
    story.says(4)
    lost_ms = [(story.stamp_ms + 500 * count) % 2**32 for count in range(1, 5)]
    story.is_silent(2)
    story.stamp_ms += 2000
    story.says(2)
    for stamp_ms in lost_ms:
        late(story, stamp_ms)

    assert [time_s for time_s, _ in read(story)] == [0.5 * count for count in range(16)]


def test_an_unplugged_sensor_is_a_gap_whether_the_sample_is_live_or_late():
    story = Story()
    story.says(2)
    story.says(1, temp_internal_c=None)
    story.says(1, temp_internal_c=988.79)
    lost_ms = story.stamp_ms + 500
    story.is_silent(0.5)
    story.stamp_ms += 500
    story.says(1)
    late(story, lost_ms, temp_internal_c=988.79)

    times_s = [time_s for time_s, _ in read(story)]
    assert times_s == [0.0, 0.5, 1.0, 1.5, 4.5, 5.0]
    assert len(read(story, AMBIENT)) == 11


def test_silence_pushes_nothing_out_and_a_reboot_goes_on():
    story = Story()
    story.says(5)
    story.is_silent(3600)
    assert len(read(story)) == 10

    story.stamp_ms = 0
    story.says(5)
    assert len(read(story)) == 10  # an hour later: the old ones are too old now
    assert story.monitor.black_box.tape().ends_at == START + timedelta(seconds=story.now_s)


@given(st.lists(st.floats(0.45, 0.55), min_size=10, max_size=200))
def test_jitter_loses_no_sample(steps_s):
    box, time_s, at = BlackBox(2), 0.0, datetime(2026, 1, 1, tzinfo=UTC)
    for count, step_s in enumerate(steps_s):
        time_s += step_s
        box.add(replace(QUIET, timestamp_ms=count), 25.0, None, time_s=time_s, now_s=time_s, at=at)

    assert len(box) == len(steps_s)


def test_a_box_that_heard_nothing_has_nothing_to_read():
    box = BlackBox()
    box.add_late(replace(QUIET, timestamp_ms=1, late=True), 1.0)
    assert box.tape() is None
    assert len(box) == 0


@pytest.mark.parametrize("minutes", [0, 61])
def test_a_box_is_bounded(minutes):
    with pytest.raises(ValueError, match="1 to 60 minutes"):
        BlackBox(minutes)


@pytest.mark.parametrize("runaway", [False, True])
def test_training_reads_what_came_out_of_a_box(tmp_path, runaway):
    story = Story()
    story.says(30, rising=1.0)
    tape = story.monitor.black_box.tape()
    assert tape is not None
    samples = tape.all_samples(INTERNAL)
    name = file_name("../cell 7", black_box_channel("internal"), tape.begins_at, runaway=runaway, copy=2)
    (tmp_path / name).write_text(as_csv(samples))

    recording = read_recording(tmp_path / name)
    assert recording.runaway is runaway is says_runaway(name)
    ((times_s, temps_c),) = recording.segments
    assert times_s.tolist() == [0.5 * count for count in range(60)]
    assert temps_c.tolist() == [25.0 + 0.5 * count for count in range(60)]
    assert is_black_box(name)


def test_what_a_user_exported_or_renamed_is_never_aged_out():
    assert not is_black_box(file_name("cell-7", "internal", START, runaway=True))
    assert not is_black_box("keep_" + file_name("cell-7", black_box_channel("internal"), START, runaway=True))
    assert not is_black_box("notes-blackbox.csv")
