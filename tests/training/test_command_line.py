"""The whole way on a small simulated world: simulate, prepare, train, evaluate, export, and do it again."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from btr_core.risk.engine import load_engine
from btr_training.__main__ import main
from btr_training.data import read_folder, read_recording
from btr_training.groups import Groups, groups_for, write_groups

SMALL = [
    "simulation.abused=12",
    "simulation.benign=16",
    "simulation.validation_abused=6",
    "simulation.validation_benign=12",
    "train.epochs=2",
    "train.batch_size=128",
    "train.folds=3",
    "alarm.false_per_day=4.0",
    "evaluation.nuisance_hours=0.1",
]


def changes(*more):
    return [part for change in (*SMALL, *more) for part in ("--set", change)]


@pytest.fixture(scope="module")
def run(tmp_path_factory, recordings_folder):
    folder = tmp_path_factory.mktemp("run")
    options = ["--run", str(folder / "run"), "--to", str(folder / "model" / "battery_risk.onnx")]
    assert main(["reproduce", *options, *changes(f"data.recordings={recordings_folder}")]) == 0
    return folder


def test_a_run_folder_is_complete(run):
    names = {path.name for path in (run / "run").iterdir()}
    models = {
        f"{name}.{ending}"
        for name in ("final", "fold_0", "fold_1", "fold_2")
        for ending in ("logit.onnx", "onnx", "json")
    }
    assert names == {"config.toml", "run.json", "metrics.json", "series.npz"} | models
    record = json.loads((run / "run" / "run.json").read_text())
    assert record["environment"].keys() >= {"torch", "numpy", "python"}
    assert len(record["recordings_sha256"]) == 64
    assert record["loader"]["000"]


def test_every_fold_left_out_what_it_is_judged_on(run):
    record = json.loads((run / "run" / "run.json").read_text())
    for experiment, fold in record["folds"].items():
        assert experiment in record["models"][f"fold_{fold}"]["left_out"]
    assert record["models"]["final"]["left_out"] == []


def test_the_report_holds_every_method_and_every_event(run):
    metrics = json.loads((run / "run" / "metrics.json").read_text())
    methods = {"limit_50", "limit_60", "rule_1.0", "rule_0.5", "rules", "model", "fused"}
    assert metrics["summary"].keys() == methods
    assert all(summary["events"] == 6 for summary in metrics["summary"].values())
    assert metrics["summary"]["fused"]["raised"] == 6
    assert metrics["quiet"].keys() >= {"rule_0.5", "model", "fused"}
    assert metrics["nuisance"]["hours_per_kind"] == 0.1
    assert metrics["windows"]["runaway_experiments"]["positives"] > 0


def test_the_exported_model_is_accepted_and_carries_its_figures(run):
    engine = load_engine(run / "model" / "battery_risk.onnx")
    assert engine.card.metrics["fused"]["events_raised"] == "6/6"
    assert (run / "model" / "battery_risk.onnx").read_bytes() == (run / "run" / "final.onnx").read_bytes()


def test_the_same_configuration_gives_the_same_file(run, recordings_folder, tmp_path):
    data = changes(f"data.recordings={recordings_folder}")
    assert main(["train", "--run", str(tmp_path / "again"), *data]) == 0
    assert (tmp_path / "again" / "final.onnx").read_bytes() == (run / "run" / "final.onnx").read_bytes()
    assert (tmp_path / "again" / "fold_1.onnx").read_bytes() == (run / "run" / "fold_1.onnx").read_bytes()


def test_a_finished_run_is_not_trained_again_and_another_configuration_is_refused(run, recordings_folder, capsys):
    data = changes(f"data.recordings={recordings_folder}")
    before = (run / "run" / "final.logit.onnx").stat().st_mtime_ns
    assert main(["train", "--run", str(run / "run"), *data]) == 0
    assert (run / "run" / "final.logit.onnx").stat().st_mtime_ns == before
    assert main(["train", "--run", str(run / "run"), *data, "--set", "train.seed=2"]) == 2
    assert "another configuration" in capsys.readouterr().err


@pytest.mark.parametrize("part", [".code_sha256", ".versions"])
def test_what_other_code_or_libraries_began_is_not_gone_on_with(run, recordings_folder, monkeypatch, capsys, part):
    told = {".code_sha256": lambda _module: "newer", ".versions": lambda: {"torch": "newer"}}
    monkeypatch.setattr(f"btr_training.pipeline{part}", told[part])
    before = (run / "run" / "run.json").read_bytes()
    assert main(["train", "--run", str(run / "run"), *changes(f"data.recordings={recordings_folder}")]) == 2
    problem = {".code_sha256": "older or newer training code", ".versions": "other versions of the libraries"}
    assert f"holds a run with {problem[part]}. Choose another" in capsys.readouterr().err
    assert (run / "run" / "run.json").read_bytes() == before


def test_a_run_goes_on_where_the_same_recordings_lie_elsewhere(run, recordings_folder, tmp_path, capsys):
    """Given that folder and group file are moved; then that the group file at the same place says something else."""
    groups = groups_for(recordings_folder, None, read_folder(recordings_folder))
    for name in ("here", "there"):
        shutil.copytree(recordings_folder, tmp_path / name / "data")
        (tmp_path / name / "groups").mkdir()
        write_groups(tmp_path / name / "groups", groups)

    def train(name):
        place = tmp_path / name
        options = changes(f"data.recordings={place / 'data'}", f"data.groups={place / 'groups' / 'groups.toml'}")
        return main(["train", "--run", str(folder), *options])

    folder = copied(run, tmp_path)
    written = (folder / "final.logit.onnx").stat().st_mtime_ns
    assert (train("here"), train("there")) == (0, 0)
    assert (folder / "final.logit.onnx").stat().st_mtime_ns == written, "nothing was trained again"

    write_groups(tmp_path / "there" / "groups", replace(groups, neighbours=frozenset({"011"})))
    assert train("there") == 2
    assert "other recordings or groups" in capsys.readouterr().err


def test_a_run_of_before_is_refused_in_words(run, recordings_folder, tmp_path, capsys):
    folder = copied(run, tmp_path)
    record = json.loads((folder / "run.json").read_text())
    del record["inputs"]
    (folder / "run.json").write_text(json.dumps(record | {"inputs_sha256": "0" * 64}))
    assert main(["train", "--run", str(folder), *changes(f"data.recordings={recordings_folder}")]) == 2
    assert "older or newer training code" in capsys.readouterr().err


def copied(run, tmp_path):
    return Path(shutil.copytree(run / "run", tmp_path / "copy"))


def test_figures_of_another_calibration_never_get_into_a_card(run, recordings_folder, tmp_path):
    folder, target = copied(run, tmp_path), tmp_path / "to" / "model.onnx"
    again = ["train", "--run", str(folder), *changes(f"data.recordings={recordings_folder}")]
    assert main(again) == 0
    assert (folder / "metrics.json").is_file(), "the same models: what was measured is theirs"
    assert main([*again, "--set", "alarm.false_per_day=40.0"]) == 0
    assert (folder / "final.onnx").read_bytes() != (run / "run" / "final.onnx").read_bytes()
    assert main(["export", "--run", str(folder), "--to", str(target)]) == 0
    assert load_engine(target).card.metrics == {}


def test_a_run_is_not_judged_on_recordings_that_it_may_have_been_trained_on(run, recordings_folder, tmp_path, capsys):
    """Given that the group file is changed after the training, so that another fold's model would judge a sensor."""
    shutil.copytree(recordings_folder, tmp_path / "data")
    write_groups(tmp_path / "data", Groups({one.name: "one" for one in read_folder(tmp_path / "data")}))
    folder = copied(run, tmp_path)
    assert main(["evaluate", "--run", str(folder), "--set", f"data.recordings={tmp_path / 'data'}"]) == 2
    assert "other recordings or groups" in capsys.readouterr().err


def test_simulated_recordings_are_of_the_training_format(tmp_path):
    assert main(["simulate", str(tmp_path / "out"), "--abused", "3", "--benign", "2", "--seed", "3"]) == 0
    recordings = read_folder(tmp_path / "out")
    assert len(recordings) == 5
    assert any(recording.runaway for recording in recordings)


def test_the_demo_recording_is_written_and_reads_back(tmp_path):
    path = tmp_path / "demo_exception.csv"
    assert main(["demo-recording", str(path)]) == 0
    recording = read_recording(path)
    assert recording.runaway
    assert recording.duration_s > 600


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["prepare", "--set", "data.recordings=/nowhere"], "no such folder"),
        (["evaluate", "--run", "/nowhere"], "Train first"),
        (["export", "--run", "/nowhere"], "--to"),
        (["train", "--set", "train.speed=1"], "unknown key"),
    ],
)
def test_a_mistake_ends_with_a_sentence_and_status_2(arguments, problem, capsys):
    assert main(arguments) == 2
    assert problem in capsys.readouterr().err


def test_every_command_explains_itself(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "reproduce" in capsys.readouterr().out


def test_the_package_needs_no_torch_for_the_demo():
    """The demo runs where only numpy is."""
    source = Path(main.__code__.co_filename).parent
    for name in ("simulate", "cells", "benign", "sensors", "kinetics", "data", "nuisance", "errors"):
        text = (source / f"{name}.py").read_text()
        assert "torch" not in text
        assert "btr_core.risk" not in text
