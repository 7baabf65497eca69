"""What is equal between the runs of a contest is made once, whoever makes it."""

import json
from dataclasses import dataclass, field

import pytest

from btr_training import contest, methods, prepared
from btr_training.__main__ import main
from btr_training.contest import entries_of_grid, judge, run_contest
from btr_training.nuisance import KINDS
from btr_training.scale_out import Workers

SMALL = [
    "model.family=rate_rule",
    "simulation.abused=8",
    "simulation.benign=8",
    "simulation.validation_abused=4",
    "simulation.validation_benign=4",
    "evaluation.nuisance_hours=0.02",
    "evaluation.robustness=false",
]
GRID = ["train.epochs=1,2,3,4", "network.width=16,20"]
# How long something took is the only figure that may differ.
CLOCKS = {"train_s", "speed_1_ms", "speed_256_ms"}


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """No test profits from what an earlier one asked the rules."""
    monkeypatch.setattr(methods, "_RULED", {})


@dataclass(frozen=True)
class Noting(Workers):
    """Workers of this process that note what they are asked."""

    asked: list = field(default_factory=list, hash=False, compare=False)

    def run(self, function, tasks):
        for task in tasks:
            self.asked.append((function, task))
            yield function(*task)


def sweep(folder, workers):
    return run_contest(entries_of_grid(None, SMALL, GRID), folder, (1,), workers)


def counted(monkeypatch, module, name):
    calls = []
    real = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: calls.append(given) or real(*given))
    return calls


def test_eight_runs_simulate_once(tmp_path, monkeypatch):
    prepared._simulate.cache_clear()
    calls = [counted(monkeypatch, prepared, name) for name in ("simulate_abuse", "simulate_benign")]
    sweep(tmp_path, Workers())
    assert [len(made) for made in calls] == [2, 2], "to train on, and to calibrate"


def test_eight_runs_ask_the_rules_once_about_each_hour(tmp_path, monkeypatch):
    asked = []
    replay_monitor = methods.RULES["rules"]
    monkeypatch.setitem(methods.RULES, "rules", lambda temp_c: asked.append(1) or replay_monitor(temp_c))
    sweep(tmp_path, Workers())
    assert len(asked) == len(KINDS)


def test_every_run_is_handed_the_same_data_and_finds_the_rules_answered(tmp_path, monkeypatch):
    workers = Noting()
    sweep(tmp_path, workers)
    runs = [task for function, task in workers.asked if function is judge]
    assert len(runs) == 8
    assert len({id(task[-1]) for task in runs}) == 1

    methods._RULED.clear()
    prepared._simulate.cache_clear()
    monkeypatch.setattr(methods, "RULES", dict.fromkeys(methods.RULES))
    for name in ("simulate_abuse", "simulate_benign"):
        monkeypatch.setattr(prepared, name, None)
    config, _, with_leaky, shared = runs[0]
    row, baselines = judge(config, tmp_path / "in another process", with_leaky, shared)
    assert row["nuisance_per_day"] >= 0.0
    assert baselines.keys() == set(methods.RULES)


def test_runs_of_other_data_share_nothing(tmp_path):
    workers = Noting()
    entries = entries_of_grid(None, SMALL, ["simulation.seed=11,12", "train.epochs=1,2"])
    run_contest(entries, tmp_path, (1,), workers)
    seeds = [(task[0].simulation.seed, id(task[-1])) for function, task in workers.asked if function is judge]
    assert len(seeds) == 4
    assert len(set(seeds)) == 2


def test_the_table_does_not_depend_on_the_workers(tmp_path):
    tables = []
    for jobs in (1, 2):
        prepared._simulate.cache_clear()
        table = sweep(tmp_path / str(jobs), Workers(jobs))
        for one in table["contestants"]:
            del one["runs"]
            for part in ("row", "spread"):
                one[part] = {key: value for key, value in one[part].items() if key not in CLOCKS}
        tables.append(table)
    assert tables[0] == tables[1]


# --- what a contest chooses by, and what is told of the winner


def test_the_winner_is_told_of_nuisance_that_it_was_not_chosen_by(tmp_path, capsys):
    sweep(tmp_path, Workers())
    run, model = tmp_path / "train.epochs=1_network.width=16" / "seed_1", tmp_path / "model.onnx"

    def seed():
        return json.loads((run / "metrics.json").read_text())["nuisance"]["seed"]

    assert seed() == 77
    export = ["export", "--run", str(run), "--to", str(model)]
    assert main(export) == 2
    assert "contests choose by" in capsys.readouterr().err
    assert main(["evaluate", "--run", str(run)]) == 0
    assert seed() != 77
    assert main(export) == 0
    assert json.loads(model.with_suffix(".json").read_text())["metrics"]["nuisance"]["seed"] == seed()

    sweep(tmp_path, Workers())
    assert seed() == 77, "what an evaluation said is no answer to what a contest asks"


def test_a_contest_judges_again_what_older_code_judged(tmp_path, monkeypatch):
    sweep(tmp_path, Workers())
    calls = counted(monkeypatch, contest, "evaluate_run")
    sweep(tmp_path, Workers())
    assert calls == []
    monkeypatch.setattr(contest, "code_sha256", lambda _module: "newer")
    sweep(tmp_path, Workers())
    assert len(calls) == 8
