"""What the public battery set is known to hold, checked against its files; skipped where they are not.

The folder is named by BTR_BATTERY_SET. Each quirk has a synthetic twin among the tests of the loader and the windows.
"""

import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from btr_training.data import read_folder
from btr_training.events import find_event
from btr_training.groups import derive_groups, load_groups
from btr_training.recordings import load_recordings
from btr_training.upstream import upstream_windows
from btr_training.windows import POSITIVE, label_windows

ROOT = Path(__file__).parents[2]
GROUPS = ROOT / "training" / "configs" / "recordings.toml"
FOLDER = Path(os.environ.get("BTR_BATTERY_SET", ROOT.parent / "shared" / "data" / "battery"))

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the battery set is not on this machine")


@pytest.fixture(scope="module")
def files():
    return {recording.name: recording for recording in read_folder(FOLDER)}


@pytest.fixture(scope="module")
def recorded():
    return load_recordings(FOLDER, GROUPS)


@pytest.fixture(scope="module")
def traces(recorded):
    """The traces of each recording by name."""
    return {name: [trace for trace in recorded.traces if trace.name == name] for name in recorded.notes}


def notes(files, name, pattern):
    return [note for note in files[name].notes if re.search(pattern, note)]


def test_it_has_58_recordings_of_which_16_ran_away(files):
    assert len(files) == 58
    assert sum(recording.runaway for recording in files.values()) == 16


@pytest.mark.parametrize("name", ["029", "040", "046", "057", "062", "069"])
def test_a_burst_is_ten_seconds(files, traces, name):
    assert notes(files, name, rf"burst: 10\.0 s at up to {1000 if name == '029' else 10000} Hz")
    (trace,) = traces[name]
    assert trace.hours * 3600 == pytest.approx(files[name].duration_s, abs=1.0)


@pytest.mark.parametrize(("name", "step_s"), [("003", 94.4), ("004", 94.4), ("017", 79.0), ("018", 79.0)])
def test_a_restarted_test_is_two_traces(files, traces, name, step_s):
    assert notes(files, name, f"split: time jumps back {step_s} s")
    assert len(files[name].segments) == len(traces[name]) == 2
    assert not notes(files, name, "sorted|dropped")


def test_pauses_of_a_minute_are_bridged_in_the_chamber_files(files):
    steps = np.concatenate([np.diff(time_s) for time_s, _ in files["001"].segments])
    assert np.median(steps) == pytest.approx(5.0, abs=0.1)
    assert 50.0 < steps.max() < 65.0
    assert len(files["001"].segments) == 1


@pytest.mark.parametrize("name", ["070", "071", "072", "073"])
def test_100_hz_files_are_averaged_throughout(files, name):
    assert notes(files, name, r"burst: .* at up to 100 Hz")


@pytest.mark.parametrize(("name", "top_c"), [("041", 1354.4), ("044", 1127.3), ("055", 611.2)])
def test_broken_sensors_are_set_aside(files, traces, name, top_c):
    assert notes(files, name, "set aside in windows: .* above 200 degC")
    (trace,) = traces[name]
    assert trace.temp_c.max() == pytest.approx(top_c, abs=0.1)
    assert find_event(trace.clean_c).peak_s < (trace.clean_c > 400.0).argmax() * 0.5


def test_a_breaking_thermocouple_is_no_rise_to_predict(traces):
    (trace,) = traces["041"]
    last = np.flatnonzero(label_windows(trace) == POSITIVE)[-1]
    ahead_c = trace.clean_c[last + 1 : last + 41]
    assert (ahead_c[ahead_c < 400.0] > trace.clean_c[last] + 5.0).any()


@pytest.mark.parametrize("name", ["042", "056", "057", "069"])
def test_neighbours_are_heated_and_the_label_hint_would_find_those_that_rise_fast(recorded, traces, name):
    assert {trace.kind for trace in traces[name]} == {"heated"}
    assert any(note.startswith("neighbour") for note in recorded.notes[name])


def test_080_is_no_cell_and_counts_for_nothing(recorded, traces):
    assert traces["080"] == []
    assert "left out: not the temperature of a cell" in recorded.notes["080"]


def test_1042_hours_are_quiet(recorded):
    hours = Counter()
    for trace in recorded.traces:
        hours[trace.kind] += trace.hours
    assert hours["benign"] == pytest.approx(1042.0, abs=0.1)
    assert hours["heated"] == pytest.approx(26.0, abs=0.1)
    assert hours["runaway"] == pytest.approx(9.2, abs=0.1)


def test_every_runaway_has_positive_windows_and_an_event(traces):
    runaways = [trace for parts in traces.values() for trace in parts if trace.kind == "runaway"]
    assert len(runaways) == 16
    assert all((label_windows(trace) == POSITIVE).any() for trace in runaways)
    assert all(find_event(trace.clean_c) is not None for trace in runaways)


def test_derived_groups_never_split_the_sensors_of_one_recording(files):
    known = load_groups(GROUPS, tuple(files.values())).experiment
    derived = derive_groups(tuple(files.values())).experiment
    # Two runs of one rig have axes of their own; only a TOML knows that they belong together.
    second_runs = {"SINGLE4", "LFP23"}
    for experiment in set(known.values()) - second_runs:
        assert len({derived[name] for name in known if known[name] == experiment}) == 1


def test_the_authors_own_windows_leave_the_three_shortest_files_without_any(files):
    made = upstream_windows(tuple(files.values()))
    names = [name for name, count in zip(files, np.bincount(made.files, minlength=58), strict=True) if count == 0]
    assert names == ["044", "072", "073"]
    assert made.labels.sum() == 3872
