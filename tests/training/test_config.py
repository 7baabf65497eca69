"""A run is configured in full or not at all."""

from pathlib import Path

import pytest

from btr_training.config import Config, load_config, to_toml
from btr_training.errors import ConfigError
from btr_training.families import FAMILIES


def test_without_a_file_the_defaults_hold():
    assert load_config(None) == Config()


def test_the_resolved_configuration_reads_back_as_itself(tmp_path):
    config = load_config(None, ["train.epochs=3", 'model.name="a \\"b\\""', "alarm.false_per_day=1"])
    path = tmp_path / "config.toml"
    path.write_text(to_toml(config))
    assert load_config(path) == config


def test_paths_in_a_file_count_from_the_file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[data]\nrecordings = "recordings"\ngroups = "groups.toml"\n')
    config = load_config(path)
    assert config.data.recordings == str(tmp_path / "recordings")
    assert config.data.groups == str(tmp_path / "groups.toml")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("train.epoch=3", "unknown key train.epoch"),
        ("trian.epochs=3", "unknown key trian"),
        ("train.epochs=3.5", "train.epochs must be int"),
        ("train.epochs=many", "train.epochs must be int"),
        ("train.epochs=true", "train.epochs must be int"),
        ("train.learning_rate=fast", "train.learning_rate must be float"),
        ("epochs=3", "write section.key=value"),
        ("train.epochs", "write section.key=value"),
        ("train.folds=1", "train.folds is 1, allowed is 2 or more"),
        ("train.epochs=0", "train.epochs is 0"),
        ("train.learning_rate=-0.1", "train.learning_rate is -0.1"),
        ("train.learning_rate=nan", "train.learning_rate is nan"),
        ("alarm.k=9", "9 of 4 windows can never agree"),
        ("evaluation.nuisance_seed=77", "nuisance_seed and choosing_seed must differ"),
    ],
)
def test_an_unknown_key_a_wrong_type_or_an_impossible_value_stops_the_run(change, problem):
    with pytest.raises(ConfigError, match=problem):
        load_config(None, [change])


@pytest.mark.parametrize("text", ["[train\n", "train = 3\n", "[nonsense]\n"])
def test_a_broken_file_stops_the_run(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        load_config(path)


def test_a_file_says_only_what_differs_from_the_one_it_extends(tmp_path):
    (tmp_path / "base.toml").write_text('[data]\ngroups = "groups.toml"\n[train]\nepochs = 9\nfolds = 3\n')
    path = tmp_path / "families" / "one.toml"
    path.parent.mkdir()
    path.write_text('extends = "../base.toml"\n[train]\nfolds = 4\n[model]\nfamily = "lstm"\n')
    config = load_config(path, ["train.seed=7"])
    assert (config.train.epochs, config.train.folds, config.train.seed) == (9, 4, 7)
    assert config.model.family == "lstm"
    assert config.data.groups == str(tmp_path / "groups.toml")


@pytest.mark.parametrize("line", ['extends = "self.toml"', "extends = 3", 'extends = "nowhere.toml"'])
def test_a_file_extends_one_that_exists_and_extends_no_other(tmp_path, line):
    path = tmp_path / "self.toml"
    path.write_text(line + "\n")
    with pytest.raises(ConfigError, match=r"\.toml"):
        load_config(path)


def test_every_contestant_is_judged_on_the_data_and_by_the_alarm_of_the_shipped_model():
    configs = Path(__file__).parents[2] / "training" / "configs"
    shipped = load_config(configs / "default.toml")
    contestants = {path.stem: load_config(path) for path in sorted((configs / "families").glob("*.toml"))}
    assert contestants.keys() == FAMILIES.keys()
    for name, config in contestants.items():
        assert config.model.family == name
        assert (config.data, config.simulation) == (shipped.data, shipped.simulation)
        assert config.alarm.false_per_day == shipped.alarm.false_per_day


def test_a_file_of_another_encoding_stops_the_run(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes("# Größe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config(path)


def test_a_missing_file_stops_the_run(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_config(tmp_path / "nowhere.toml")
