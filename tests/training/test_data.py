"""The loader: what it keeps, what it refuses, and that its resampling is that of the run time."""

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.window import Resampler
from btr_training.data import (
    data_hash,
    read_folder,
    read_recording,
    to_grid,
    write_recording,
)
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
        ("Time,Temperature\n0,25\n".encode("utf-16-le"), 1, "NUL bytes"),
        (b"Time,Temperature\n0,25\n1,25\n\x00\x00\x00\x00", 4, "NUL bytes"),
        ("Time,Temperature °C\n0,25\n".encode("latin-1"), 1, "not UTF-8"),
        (" \n \n", 1, "empty"),
        ("\nTime,Temperature\n0,25\n1,25\n", 1, "no column Time or Temperature"),
        ("seconds,temp\n0,25\n1,25\n", 1, "it is 'seconds,temp'"),
        ("Time,Temperature,Temperature\n0,25,26\n1,25,26\n", 1, "two columns Temperature"),
        ("Time,Temperature\n0,25\n0,5,25,5\n", 3, "4 cells under 2 columns"),
        ("Time,Temperature\n0,0,25,0\n0,5,25,5\n", 2, "4 cells under 2 columns"),
        ("Time,Temperature\n0,25\n1,2_5\n", 3, "'2_5', not a finite number"),
        ("Time,Temperature\n0,25\n1,1e400\n", 3, "beyond 1e+06"),
        ("Time,Temperature\n0,25\n1.7e15,25\n", 3, "beyond 1e+13"),
        ("Time,Temperature\n2026-01-01 00:00:00,25\n2026-01-01 00:00:01,25\n", 2, "Time is '2026-01-01"),
        ('Time,Temperature\n0,25\n1,"25\n2,25\n3,25\n', 3, "not a finite number"),
        ("Time,Temperature\n0,25\n1," + "9" * 200_000 + "\n", 3, "cannot be read"),
        ('Time,Temperature\n0,"25"\n1,"' + "9" * 200_000 + '"\n', 3, "cannot be read"),
        ("Time,Temperature\n0,25\n500,25\n1000,25\n", None, "500 s apart"),
        ("Time,Temperature\n3,25\n3,26\n3,27\n", None, "0 s apart"),
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
    with pytest.raises(DataError, match="no such folder"):
        read_folder(tmp_path / "elsewhere")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere.csv")])
def test_what_is_called_csv_but_is_no_readable_file_is_refused_by_name(tmp_path, make):
    make(tmp_path / "temp_data_001.csv")
    with pytest.raises(DataError, match=r"temp_data_001\.csv: cannot be read .*Give a readable file"):
        read_folder(tmp_path)


def test_two_files_that_are_one_recording_by_name_are_refused(tmp_path):
    write(tmp_path, "Time,Temperature\n0,25\n1,26\n", "temp_data_001.csv")
    write(tmp_path, "Time,Temperature\n0,25\n1,26\n", "temp_data_001_exception.csv")
    with pytest.raises(DataError, match="another recording 001"):
        read_folder(tmp_path)


def test_a_folder_is_read_in_the_order_of_names_without_hidden_files(tmp_path):
    for name in ("b.CSV", "a.csv", "notes.txt", "._a.csv"):
        write(tmp_path, "Time,Temperature\n0,25\n1,26\n" if name[0] in "ab" else b"\x00\xff", name)
    assert [recording.name for recording in read_folder(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "Time;Temperature\n0;25.5\n0.5;26.5\n",
        "Time;Temperature\n0;25,5\n0,5;26,5\n",
        "Time\tTemperature\r\n0\t25,5\r\n0,5\t26,5\r\n",
        '"Time","Temperature"\n"0","25.5"\n"0.5","26.5"\n',
        'Time,Temperature\n0,"25,5"\n"0,5","26,5"\n',
        'Time;Temperature;"note; long"\n0;25,5;"a; b"\n0,5;26,5;\n',
        "Time,Temperature\r0,25.5\r0.5,26.5\r",
        "Time , Temperature\n 0 , 25.5 \n\n  \n+5e-1,2.65E1",
    ],
    ids=["semicolon", "decimal comma", "tab", "quotes", "quoted comma", "note", "old line ends", "spaces"],
)
def test_the_ways_of_spreadsheets_are_understood(tmp_path, text):
    ((time_s, temp_c),) = read_recording(write(tmp_path, text)).segments
    assert time_s.tolist() == [0.0, 0.5]
    assert temp_c.tolist() == [25.5, 26.5]


def test_the_name_says_whether_the_cell_ran_away(tmp_path):
    text = "Time,Temperature\n0,25\n1,26\n"
    assert not read_recording(write(tmp_path, text, "temp_data_007.csv")).runaway
    recording = read_recording(write(tmp_path, text, "temp_data_008_exception.csv"))
    assert recording.runaway
    assert recording.name == "008"
    assert read_recording(write(tmp_path, text, "temp_data_009_Exception.csv")).runaway


def test_columns_are_found_by_name_whatever_order_case_and_line_end(tmp_path):
    path = write(tmp_path, "\ufeffindex,temperature,TIME\r\n1,25.5,0\r\n2,26.5,1\r\n")
    ((time_s, temp_c),) = read_recording(path).segments
    assert time_s.tolist() == [0.0, 1.0]
    assert temp_c.tolist() == [25.5, 26.5]


def test_a_clock_that_jumps_back_splits_the_recording_and_says_so(tmp_path):
    recording = read_recording(write(tmp_path, "Time,Temperature\n0,20\n1,21\n2,22\n0.5,30\n1.5,31\n"))
    assert [part[0].tolist() for part in recording.segments] == [[0, 1, 2], [0.5, 1.5]]
    assert any("jumps back 1.5 s" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("times", "note"),
    [
        ([0, 1, 3, 2, 4, 5], "sorted: time went back 1 times"),
        ([0, 1, 4, 2, 3, 5], "sorted: time went back 1 times"),
        ([5, 4, 3, 2, 1, 0], "sorted: time went back 5 times"),
        ([3, 0, 5, 1, 4, 2], "sorted: time went back"),
        ([0, 1, 2, 3, 5, 4], "sorted: time went back 1 times"),
    ],
)
def test_rows_in_a_wrong_place_are_sorted_and_counted(tmp_path, times, note):
    rows = "".join(f"{second},{20 + second}\n" for second in times)
    recording = read_recording(write(tmp_path, "Time,Temperature\n" + rows))
    ((time_s, temp_c),) = recording.segments
    assert time_s.tolist() == [0, 1, 2, 3, 4, 5]
    assert temp_c.tolist() == [20, 21, 22, 23, 24, 25]
    assert any(note in said for said in recording.notes)


def test_a_restart_splits_and_a_late_row_beside_it_is_sorted(tmp_path):
    times = [*range(20), 21, 20, *range(22, 40), *range(5, 30)]
    rows = "".join(f"{second},20\n" for second in times)
    recording = read_recording(write(tmp_path, "Time,Temperature\n" + rows))
    assert [(part[0][0], part[0][-1], len(part[0])) for part in recording.segments] == [(0, 39, 40), (5, 29, 25)]


def test_a_long_pause_splits_and_a_short_one_does_not(tmp_path):
    recording = read_recording(write(tmp_path, "Time,Temperature\n0,20\n60,21\n500,22\n501,22\n"))
    assert [len(part[0]) for part in recording.segments] == [2, 2]
    assert any("gap of 440.0 s" in note for note in recording.notes)


def test_many_pauses_are_told_in_few_words_and_lonely_samples_are_dropped(tmp_path):
    starts = np.arange(20) * 1000
    rows = "".join(f"{start},20\n" + f"{start + 1},20\n" * (start < 18_000) for start in starts.tolist())
    recording = read_recording(write(tmp_path, "Time,Temperature\n" + rows))
    assert len(recording.segments) == 18
    assert sum(note.startswith("split") for note in recording.notes) == 6
    assert "split: 14 more gaps" in recording.notes
    assert any("dropped: 2 single samples" in note for note in recording.notes)


def level(temp_c, step_s=1.0, rows=60):
    return "Time,Temperature\n" + "".join(f"{row * step_s},{temp_c}\n" for row in range(rows))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (level(298.15), "hint: starts at 298.1; if that is kelvin"),
        (level(77.0), "hint: starts at 77.0; if that is degF"),
        (level(25.0, step_s=100.0), "hint: samples are 100 s apart, .* if Time is in ms"),
        (level(25.0, rows=20), "too short: 19.0 s hold no window"),
        (level(25.0) + "60,1354\n61,1355\n", "set aside in windows: 2 readings above 200 degC from 60.0 s on"),
        (level(25.0) + "60,-242.02\n", "set aside in windows: 1 readings below -50 degC from 60.0 s on"),
    ],
    ids=["kelvin", "fahrenheit", "milliseconds", "short", "broken", "shorted"],
)
def test_what_looks_wrong_is_told_and_not_refused(tmp_path, text, note):
    recording = read_recording(write(tmp_path, text))
    assert any(re.match(note, said) for said in recording.notes)


def test_an_ordinary_recording_gets_no_remark(tmp_path):
    assert read_recording(write(tmp_path, level(25.0))).notes == ("60 rows",)


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
    assert any("burst: 2.0 s at up to 10000 Hz" in note for note in recording.notes)


def test_a_few_extra_samples_at_a_step_are_no_burst(tmp_path):
    path = write(tmp_path, "Time,Temperature\n0,20\n0.01,20\n5,21\n5.02,21\n40,21\n")
    assert read_recording(path).notes == ("5 rows",)


def test_a_day_at_10_hz_with_quotes_is_read_in_seconds(tmp_path):
    rows = "".join(f'"{row / 10}","25,5"\n' for row in range(100_000))
    path = write(tmp_path, "Time,Temperature\n" + rows)
    start = time.perf_counter()
    assert read_recording(path).duration_s == 9999.9
    assert time.perf_counter() - start < 10.0


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


def test_a_sample_that_was_never_heard_is_not_written(tmp_path):
    write_recording(tmp_path / "a.csv", np.arange(4.0), np.array([20.0, np.nan, 22.0, 23.0]))
    ((time_s, _),) = read_recording(tmp_path / "a.csv").segments
    assert time_s.tolist() == [0.0, 2.0, 3.0]


CELLS = st.text(st.sampled_from("0123456789.,;\t\"'-+eE nNaAiIfF_\x00\n\r#"), max_size=60)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(lambda content: b"Time,Temperature\n" + content),
        st.tuples(st.sampled_from([",", ";", "\t"]), st.lists(CELLS, max_size=20)).map(
            lambda parts: parts[0].join(["Time", "Temperature\n", *parts[1]]).encode()
        ),
        st.lists(st.tuples(st.floats(), st.floats()), max_size=20).map(
            lambda rows: ("Time;Temperature\n" + "".join(f"{time_s};{temp_c}\n" for time_s, temp_c in rows)).encode()
        ),
    )
)
def test_any_bytes_are_read_or_refused_with_a_reason(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("any"), content)
    try:
        recording = read_recording(path)
    except DataError:
        return
    assert recording.segments
    for time_s, temp_c in recording.segments:
        assert (np.diff(time_s) > 0).all()
        assert np.isfinite(temp_c).all()
        assert np.isfinite(to_grid(time_s, temp_c)[1]).all()


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
