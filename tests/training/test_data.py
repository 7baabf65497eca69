"""The loader: what it keeps, what it refuses, and that its resampling is that of the run time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.window import Resampler
from btr_training.data import data_hash, read_folder, read_recording, to_grid, write_recording
from btr_training.errors import DataError


def write(folder, text, name="temp_data_001.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("", 1, "empty"),
        ("Time,Temperature\n", 2, "no sample"),
        ("Time,Temperature\n0,25.0\n", 2, "single sample"),
        ("Time\n0\n1\n", 1, "no column Temperature"),
        ("0,25\n1,25\n", 1, "no column Time or Temperature"),
        ("Time,Temperature\n0,25\n1,hot\n2,25\n", 3, "'hot', not a finite number"),
        ("Time,Temperature\n0,25\n1,nan\n", 3, "'nan', not a finite number"),
        ("Time,Temperature\n0,25\n1,inf\n", 3, "not a finite number"),
        ("Time,Temperature\n0,25\n\n,26\n", 4, "Time is ''"),
        ("Time,Temperature\n0,25\n1\n2,25\n", 3, "Temperature is missing"),
        (b"Time,Temperature\n0,25\n1,\xff\xfe\n", 3, "not UTF-8"),
        ("Time,Temperature\n0,25\n".encode("utf-16"), 1, "not UTF-8"),
    ],
)
def test_a_bad_file_is_refused_with_file_line_and_remedy(tmp_path, content, line, problem):
    path = write(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_recording(path)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert problem in str(caught.value)
    assert caught.value.remedy
    assert str(path) in str(caught.value)


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no \.csv"):
        read_folder(tmp_path)


def test_the_name_says_whether_the_cell_ran_away(tmp_path):
    text = "Time,Temperature\n0,25\n1,26\n"
    assert not read_recording(write(tmp_path, text, "temp_data_007.csv")).runaway
    recording = read_recording(write(tmp_path, text, "temp_data_008_exception.csv"))
    assert recording.runaway
    assert recording.name == "008"


def test_columns_are_found_by_name_whatever_order_case_and_line_end(tmp_path):
    path = write(tmp_path, "\ufeffindex,temperature,TIME\r\n1,25.5,0\r\n2,26.5,1\r\n")
    ((time_s, temp_c),) = read_recording(path).segments
    assert time_s.tolist() == [0.0, 1.0]
    assert temp_c.tolist() == [25.5, 26.5]


def test_a_clock_that_jumps_back_splits_the_recording_and_says_so(tmp_path):
    recording = read_recording(write(tmp_path, "Time,Temperature\n0,20\n1,21\n2,22\n0.5,30\n1.5,31\n"))
    assert [part[0].tolist() for part in recording.segments] == [[0, 1, 2], [0.5, 1.5]]
    assert any("jumps back 1.5 s" in note for note in recording.notes)


def test_a_long_pause_splits_and_a_short_one_does_not(tmp_path):
    recording = read_recording(write(tmp_path, "Time,Temperature\n0,20\n60,21\n500,22\n501,22\n"))
    assert [len(part[0]) for part in recording.segments] == [2, 2]
    assert any("gap of 440.0 s" in note for note in recording.notes)


def test_samples_with_the_same_time_are_averaged_and_counted(tmp_path):
    recording = read_recording(write(tmp_path, "Time,Temperature\n0,20\n1,21\n1,23\n2,24\n"))
    assert recording.segments[0][1].tolist() == [20, 22, 24]
    assert any("averaged: 1 sample" in note for note in recording.notes)


def test_a_burst_of_10_khz_weighs_no_more_than_its_seconds(tmp_path):
    burst_s = np.arange(20_000) / 10_000
    time_s = np.concatenate([burst_s, np.arange(3.0, 10.0)])
    path = tmp_path / "temp_data_001.csv"
    path.write_text("Time,Temperature\n" + "".join(f"{second},{20 + second}\n" for second in time_s))
    recording = read_recording(path)
    grid_s, grid_c = to_grid(*recording.segments[0])
    assert len(grid_s) == 19
    assert np.abs(grid_c - (20 + grid_s)).max() < 0.6, "a mean lags by half a cell"
    assert any("10000 Hz" in note for note in recording.notes)


def test_the_hash_knows_content_and_label_but_not_the_place(tmp_path):
    text = "Time,Temperature\n0,20\n1,21\n"
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "a", text)
    write(tmp_path / "b", text)
    write(tmp_path / "c", text.replace("21", "22"))
    hashes = [data_hash(read_folder(tmp_path / folder)) for folder in ("a", "b", "c")]
    assert hashes[0] == hashes[1] != hashes[2]


@given(
    st.lists(st.tuples(st.floats(0.002, 30.0), st.floats(-50.0, 200.0)), min_size=2, max_size=80),
)
def test_what_is_written_is_read_back(tmp_path_factory, samples):
    path = tmp_path_factory.mktemp("written") / "temp_data_001.csv"
    time_s = np.cumsum([step for step, _ in samples])
    write_recording(path, time_s, np.array([value for _, value in samples]))
    ((read_s, read_c),) = read_recording(path).segments
    assert np.allclose(read_s, time_s, atol=5.1e-4)
    assert np.allclose(read_c, [value for _, value in samples], atol=5.1e-3)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_reason(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("any"), b"Time,Temperature\n" + content)
    try:
        recording = read_recording(path)
    except DataError:
        return
    assert all((np.diff(time_s) > 0).all() for time_s, _ in recording.segments)


@st.composite
def irregular(draw):
    """Sample times of loggers that burst, pause and jitter, and that meet the grid exactly now and then."""
    steps = st.one_of(
        st.floats(1e-4, 0.02), st.floats(0.1, 0.9), st.floats(1.0, 60.0), st.sampled_from([0.5, 1.0, 0.25])
    )
    time_s = np.cumsum(draw(st.lists(steps, min_size=2, max_size=120)))
    values = draw(st.lists(st.floats(-50.0, 200.0), min_size=len(time_s), max_size=len(time_s)))
    return time_s, np.array(values)


@given(irregular())
def test_resampling_is_that_of_the_run_time_sample_by_sample(samples):
    time_s, temp_c = samples
    resampler = Resampler(0.5, max_gap_s=120.0)
    streamed = [point for when, value in zip(time_s, temp_c, strict=True) for point in resampler.add(when, value) or ()]
    grid_s, grid_c = to_grid(time_s, temp_c)
    # A sample that lies on the edge of a cell to the last bit may fall to either side.
    place = (time_s - time_s[0]) / 0.5
    on_edge = np.abs((place + 0.1) - np.round(place + 0.1)) < 1e-6
    on_edge |= np.abs((place - 0.1) - np.round(place - 0.1)) < 1e-6
    if not on_edge.any():
        assert len(streamed) == len(grid_c)
        assert np.allclose(streamed, grid_c, atol=1e-6)
        assert np.isclose(grid_s[-1], resampler.time_s)
