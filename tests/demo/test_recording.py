"""A recording may come from any logger: nothing readable is lost, nothing unreadable is silent."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.errors import RecordingError
from demo.recording import load_recording

HEADER = "Time,Temperature\n"


@pytest.fixture
def write(tmp_path: Path):
    def write_file(text: str | bytes) -> Path:
        path = tmp_path / "cell.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


def test_a_1_hz_recording_gets_straight_lines_between_its_samples(write):
    recording = load_recording(write(HEADER + "0,20\n1,22\n2,30\n"))
    assert recording.temp_c.tolist() == [20, 21, 22, 26, 30]
    assert recording.duration_s == 2.0
    assert (recording.peak_s, recording.peak_c) == (2.0, 30.0)
    assert recording.temp_at(1.25) == 24.0
    assert recording.remarks == ()


def test_a_burst_of_10_khz_counts_by_time_not_by_row(write):
    burst = "".join(f"{i / 10_000:.4f},30\n" for i in range(10_000))
    recording = load_recording(write(HEADER + burst + "2,40\n3,50\n"))
    assert recording.duration_s == 3.0
    assert recording.temp_at(0.5) == pytest.approx(30)
    assert recording.temp_at(3) == 50


def test_words_and_nan_are_skipped_counted_and_named_with_their_line(write):
    recording = load_recording(write(HEADER + "0,20\nsensor error,\n1,nan\n1,21\n2\n2,22\n3,23\n4,24\n"))
    assert recording.temp_c.tolist() == [20, 20.5, 21, 21.5, 22, 22.5, 23, 23.5, 24]
    assert recording.skipped_rows == 3
    text = " ".join(recording.remarks)
    assert "line 3" in text
    assert "line 4" in text
    assert "line 6" in text


def test_a_clock_that_jumps_back_loses_no_sample_and_is_told(write):
    recording = load_recording(write(HEADER + "0,20\n10,21\n4,30\n14,31\n"))
    assert recording.duration_s == 20.0
    assert recording.temp_at(20) == 31.0
    assert "line 4" in recording.remarks[0]
    assert "back" in recording.remarks[0]


def test_a_long_gap_is_bridged_and_told(write):
    recording = load_recording(write(HEADER + "0,20\n1,20\n201,40\n202,40\n"))
    assert recording.temp_at(101) == pytest.approx(30)
    assert "line 4" in recording.remarks[0]


def test_one_mad_time_stamp_does_not_stretch_the_recording(write):
    recording = load_recording(write(HEADER + "0,20\n1,20\n9e9,20\n2,21\n"))
    assert recording.duration_s == 2.0
    assert recording.skipped_rows == 1


def test_the_clock_may_start_anywhere_and_columns_may_be_in_any_order(write):
    recording = load_recording(write("\ufeffVoltage, temperature ,TIME\n3.7,20,1700000000\n3.7,25,1700000005\n"))
    assert recording.duration_s == 5.0
    assert recording.temp_at(5) == 25.0


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1"),
        ("a,b\n1,2\n", "line 1"),
        ("Time;Temperature\n0;20\n", "line 1"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff" * 50, "line 1"),
        (HEADER, "0 usable rows"),
        (HEADER + "0,20\n", "1 usable rows"),
        (HEADER + "0,20\n1,21\n" + "x,y\n" * 3, "line 4"),
        (HEADER + "0,20\n0.1,21\n", "spans 0.1 s"),
        (HEADER + '0,"' + "9" * 200_000, "line 2"),
    ],
)
def test_a_hopeless_file_is_refused_with_place_and_remedy(write, text, place):
    path = write(text)
    with pytest.raises(RecordingError) as refusal:
        load_recording(path)
    assert str(path) in str(refusal.value)
    assert place in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(RecordingError, match="cannot be read"):
            load_recording(path)


def test_a_long_recording_starts_so_that_the_peak_is_seen(write):
    recording = load_recording(write(HEADER + "0,20\n5000,20\n5001,90\n10000,20\n"))
    assert recording.start_for(1000) == pytest.approx(5001 - 600)
    assert recording.start_for(20_000) == 0.0
    assert recording.start_for(9000) == 0.0


cells = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.text(max_size=8),
    st.sampled_from(["", "nan", '"']),
)


@given(st.lists(st.lists(cells, max_size=4).map(",".join), max_size=30).map("\n".join))
def test_whatever_stands_in_a_file_it_is_read_or_refused(tmp_path_factory, body):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(HEADER + body, "utf-8", errors="replace")
    try:
        recording = load_recording(path)
    except RecordingError:
        return
    assert len(recording.temp_c) >= 2
    assert np.isfinite(recording.temp_c).all()


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(-50, 500)), min_size=2, max_size=40))
def test_the_grid_never_leaves_the_range_of_the_samples(tmp_path_factory, steps):
    time_s = np.cumsum([step for step, _ in steps])
    temps_c = [temp for _, temp in steps]
    path = tmp_path_factory.getbasetemp() / "steps.csv"
    path.write_text(HEADER + "\n".join(f"{t!r},{v!r}" for t, v in zip(time_s.tolist(), temps_c, strict=True)), "utf-8")
    try:
        recording = load_recording(path)
    except RecordingError:
        assert time_s[-1] - time_s[0] < 0.5
        return
    assert recording.temp_c.min() >= min(temps_c) - 1e-6
    assert recording.temp_c.max() <= max(temps_c) + 1e-6
    assert math.isclose(recording.duration_s, time_s[-1] - time_s[0], abs_tol=0.5)
