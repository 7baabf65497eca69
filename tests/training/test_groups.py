"""Groups: which file is believed, what it may say, and what is derived without one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_training.data import Recording, read_folder, write_recording
from btr_training.errors import ConfigError
from btr_training.groups import AXIS_SAMPLES, Groups, derive_groups, groups_for, load_groups, write_groups
from btr_training.recordings import load_recordings, write_simulated

SHIPPED = Path(__file__).parents[2] / "training" / "configs" / "recordings.toml"


def recording(name, time_s):
    time_s = np.asarray(time_s, dtype=np.float64)
    return Recording(name, False, ((time_s, np.zeros(len(time_s))),), "", ())


def axis(rng, rows=400):
    return np.cumsum(rng.uniform(0.4, 0.6, rows))


@pytest.fixture
def two():
    rng = np.random.default_rng(1)
    return (recording("a", axis(rng)), recording("b", axis(rng)))


def toml(folder, text, name="groups.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_beside_the_data_goes_before_the_configured_one(tmp_path, two):
    configured = toml(tmp_path, '[experiments]\nboth = ["a", "b"]', "elsewhere.toml")
    data = tmp_path / "data"
    data.mkdir()

    assert set(groups_for(data, None, two).experiment.values()) == {"a", "b"}
    assert set(groups_for(data, configured, two).experiment.values()) == {"both"}
    toml(data, '[experiments]\nfirst = ["a"]\nsecond = ["b"]')
    assert groups_for(data, configured, two).experiment == {"a": "first", "b": "second"}


def test_it_is_told_where_groups_come_from_and_who_is_named_in_vain(tmp_path, two):
    path = toml(tmp_path, '[experiments]\nboth = ["a", "b", "z", "y"]')
    assert load_groups(path, two).notes == ("experiments of groups.toml", "named but not there: y, z")
    assert derive_groups(two).notes == ("2 experiments derived from shared time axes",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[experiments\n", "line 1"),
        ('experiment = {}\n[experiments]\nx = ["a", "b"]', "unknown key experiment. Known: experiments, neighbours"),
        ('experiments = ["a", "b"]', "experiments must be a table"),
        ('[experiments]\nx = "ab"', "experiments.x must be a list of recordings in quotes"),
        ("[experiments]\nx = [1, 2]", "experiments.x must be a list of recordings in quotes"),
        ('neighbours = "a"\n[experiments]\nx = ["a", "b"]', "neighbours must be a list"),
        ('foreign = [80]\n[experiments]\nx = ["a", "b"]', "foreign must be a list"),
        ('foreign = ["c"]\n[experiments]\nx = ["a", "b"]', "foreign names c, which is in no experiment"),
        ('[experiments]\nx = ["a"]', "no experiment for b"),
        ('[experiments]\nx = ["a", "b"]\ny = ["a"]', "a is in x and in y. Keep one"),
        ('[experiments]\nx = ["a", "b", "a"]', "a is in x and in x. Keep one"),
        ("", "no experiment for a, b"),
    ],
)
def test_a_wrong_group_file_is_refused_with_its_key(tmp_path, two, text, problem):
    path = toml(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_groups(path, two)
    assert problem in str(caught.value)
    assert "groups.toml" in str(caught.value)


def test_a_group_file_that_is_missing_or_in_another_encoding_is_refused(tmp_path, two):
    with pytest.raises(ConfigError, match="No such file"):
        load_groups(tmp_path / "groups.toml", two)
    (tmp_path / "groups.toml").write_bytes('[experiments]\nkühl = ["a"]'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"groups\.toml: .*utf-8"):
        load_groups(tmp_path / "groups.toml", two)


def test_sensors_of_one_logger_are_one_experiment_even_when_each_missed_other_samples():
    rng = np.random.default_rng(3)
    time_s = axis(rng)
    parts = [recording(name, time_s[rng.random(len(time_s)) > 0.1]) for name in "abc"]
    assert set(derive_groups([*parts, recording("d", axis(rng))]).experiment.values()) == {"a", "d"}


def test_sensors_that_share_an_axis_are_one_experiment_however_short_one_was_cut():
    time_s = axis(np.random.default_rng(2))
    parts = (recording("c", time_s[:20]), recording("a", time_s), recording("b", time_s[: AXIS_SAMPLES + 1]))
    assert derive_groups(parts).experiment == {"a": "a", "b": "a", "c": "a"}


def test_sensors_of_written_recordings_find_each_other(recordings_folder):
    groups = derive_groups(read_folder(recordings_folder))
    assert groups.experiment["000"] == groups.experiment["001"]
    assert groups.experiment["002"] == groups.experiment["003"]
    assert len(set(groups.experiment.values())) == 6


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(2, 500)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_derived_groups_are_the_loggers_whatever_the_order(sensors, random):
    axes = [axis(np.random.default_rng(seed), 500) for seed in range(5)]
    recordings = [recording(f"{n:02d}", axes[logger][:rows]) for n, (logger, rows) in enumerate(sensors)]
    shuffled = random.sample(recordings, len(recordings))
    derived = derive_groups(shuffled).experiment
    assert derived == derive_groups(recordings).experiment
    for first, (logger, _) in enumerate(sensors):
        for second, (other, _) in enumerate(sensors):
            assert (derived[f"{first:02d}"] == derived[f"{second:02d}"]) == (logger == other)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.dictionaries(NAMES, NAMES, min_size=1, max_size=8), st.data())
def test_groups_that_are_written_are_read_back(tmp_path_factory, experiment, data):
    some = st.frozensets(st.sampled_from(sorted(experiment)))
    groups = Groups(experiment, data.draw(some), data.draw(some))
    path = write_groups(tmp_path_factory.mktemp("groups"), groups)
    read = load_groups(path, [recording(name, [0.0, 1.0]) for name in experiment])
    assert (read.experiment, read.neighbours, read.foreign) == (experiment, groups.neighbours, groups.foreign)
    assert read.notes == ("experiments of groups.toml",)


@pytest.fixture
def folder(tmp_path):
    """A quiet cell, one called normal that shoots up, one called _exception that rests, and another channel."""
    rest = np.full(300, 25.0)
    shot = np.concatenate([np.full(200, 25.0), 25.0 + np.arange(100.0)])
    for name, temp_c in (("1", rest), ("2", shot), ("3_exception", rest), ("4", rest)):
        write_recording(tmp_path / f"{name}.csv", np.arange(300.0), temp_c)
    return tmp_path


def test_a_name_that_contradicts_its_temperature_is_told(folder):
    notes = load_recordings(folder).notes
    assert not any("hint" in note for note in notes["1"])
    assert any("called normal, but rises 5 K within 20 s (up to 124.0 degC)" in note for note in notes["2"])
    assert any("called _exception, but" in note for note in notes["3"])


def test_foreign_channels_are_left_out_and_neighbours_are_neither_quiet_nor_runaways(folder):
    toml(folder, 'neighbours = ["2"]\nforeign = ["4"]\n[experiments]\nall = ["1", "2", "3", "4"]')
    recorded = load_recordings(folder)
    assert {trace.name: trace.kind for trace in recorded.traces} == {"1": "benign", "2": "heated", "3": "runaway"}
    assert "left out: not the temperature of a cell" in recorded.notes["4"]
    assert any(note.startswith("neighbour") for note in recorded.notes["2"])
    assert recorded.notes["groups"] == ("experiments of groups.toml",)


def test_other_groups_are_other_training_data(folder):
    digests = [load_recordings(folder).sha256]
    for neighbours in ("[]", '["2"]'):
        toml(folder, f'neighbours = {neighbours}\n[experiments]\nall = ["1", "2", "3", "4"]')
        digests.append(load_recordings(folder).sha256)
    assert len(set(digests)) == 3
    assert load_recordings(folder).sha256 == digests[-1]


def test_simulated_traces_survive_as_recordings_with_their_kinds_and_experiments(tmp_path, abused, benign):
    traces = [*abused, *benign]
    paths = list(write_simulated(tmp_path / "simulated", traces))
    assert paths[-1].name == "groups.toml"
    recorded = load_recordings(tmp_path / "simulated").traces
    assert {trace.experiment: trace.kind for trace in recorded} == {trace.name: trace.kind for trace in traces}
    assert {"runaway", "heated", "benign"} == {trace.kind for trace in recorded}
    long = recorded[0]
    assert np.allclose(long.temp_c, traces[0].temp_c[: len(long.temp_c)], atol=0.006, equal_nan=True)


def test_the_shipped_groups_hold_58_recordings_of_18_experiments():
    groups = load_groups(SHIPPED, ())
    assert len(groups.experiment) == 58
    assert len(set(groups.experiment.values())) == 18
    assert groups.neighbours == {"042", "056", "057", "069"}
    assert groups.foreign == {"080"}
