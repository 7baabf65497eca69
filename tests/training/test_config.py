"""A run is configured in full or not at all."""

import pytest

from btr_training.config import Config, load_config, to_toml
from btr_training.errors import ConfigError


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


def test_a_file_of_another_encoding_stops_the_run(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes("# Größe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config(path)


def test_a_missing_file_stops_the_run(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_config(tmp_path / "nowhere.toml")
