"""One command trains, evaluates and exports each family on a small simulated world, and every engine agrees with it."""

import json
from pathlib import Path

import numpy as np
import pytest

from btr_core.risk.engine import load_engine
from btr_training.__main__ import main
from btr_training.data import INTERVAL_S, write_recording
from btr_training.families import FAMILIES

SMALL = (
    "simulation.abused=2",
    "simulation.benign=2",
    "simulation.validation_abused=2",
    "simulation.validation_benign=4",
    "windows.simulated_positives=20",
    "windows.simulated_negatives=30",
    "windows.recorded_positives=20",
    "windows.recorded_negatives=30",
    "train.epochs=1",
    "train.batch_size=128",
    "train.folds=2",
    "network.width=8",
    "network.layers=1",
    "trees.count=6",
    "trees.depth=3",
    "alarm.false_per_day=24.0",
    "evaluation.nuisance_hours=0.05",
    "evaluation.robustness=false",
    "evaluation.fused_everywhere=false",
)


@pytest.fixture(scope="module")
def short_recordings(tmp_path_factory, abused, benign):
    """Two experiments that ran away, each for the five minutes before and the minute after, and two quiet ones."""
    folder = tmp_path_factory.mktemp("short")
    runaways = [trace for trace in abused if trace.kind == "runaway"][:2]
    for number, trace in enumerate([*runaways, *benign[:2]]):
        fastest = int(np.argmax(np.diff(trace.clean_c))) if trace.kind == "runaway" else 600
        temp_c = trace.temp_c[max(0, fastest - 600) : fastest + 120]
        heard = np.isfinite(temp_c)
        suffix = "_exception" if trace.kind == "runaway" else ""
        time_s = np.flatnonzero(heard) * INTERVAL_S + 0.001 * number
        write_recording(folder / f"temp_data_{number:03d}{suffix}.csv", time_s, temp_c[heard])
    return folder


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def run(tmp_path_factory, short_recordings, family):
    """The folder of a run by one command, with the exported model in it."""
    folder = tmp_path_factory.mktemp(family.name)
    changes = (*SMALL, f"model.family={family.name}", f"data.recordings={short_recordings}")
    options = [part for change in changes for part in ("--set", change)]
    assert main(["reproduce", "--run", str(folder), "--to", str(folder / "to" / "model.onnx"), *options]) == 0
    return folder


def test_one_command_trains_evaluates_and_exports(run, family):
    record = json.loads((run / "run.json").read_text())
    metrics = json.loads((run / "metrics.json").read_text())
    assert record["models"].keys() == {"final", "fold_0", "fold_1"}
    assert metrics["summary"]["model"]["events"] == 2
    assert metrics["summary"]["fused"]["raised"] == 2


def test_the_exported_card_says_which_family_it_is_and_how_far_it_looks(run, family):
    card = load_engine(run / "to" / "model.onnx").card
    assert (card.family, card.horizon_s) == (family.name, family.horizon_s)
    assert card.metrics["fused"]["events_raised"] == "2/2"


def test_m3_numpy_answers_as_onnx_runtime_does_on_the_golden_set_and_ten_thousand_odd_windows(run, odd_windows):
    path = run / "to" / "model.onnx"
    golden = json.loads((Path(__file__).parents[1] / "fixtures" / "windows" / "golden.json").read_text())
    windows = np.concatenate([[case["temp_c"] for case in golden.values()], odd_windows]).astype(np.float32)
    answers = [load_engine(path, prefer=engine).predict(windows) for engine in ("numpy", "onnxruntime")]
    assert np.ptp(answers[1]) > 0.0
    assert np.abs(answers[0] - answers[1]).max() <= 1e-5
