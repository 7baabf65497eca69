"""A contest: whole runs beside each other, medians over seeds, and a winner by a rule that is written down."""

import json

import pytest

from btr_training.__main__ import main
from btr_training.contest import as_markdown, entries_of_files, entries_of_grid, rank, row_of, spread, summarise
from btr_training.errors import ConfigError

GOOD = {
    "events": 16,
    "raised": 16,
    "robust_raised_least": 16,
    "quiet_alarms": 0,
    "false_early": 0,
    "nuisance_per_day": 0.4,
    "lead_60_median": 18.0,
    "lead_60_least": 0.5,
    "roc_auc": 0.9,
}


@pytest.mark.parametrize(
    "worse",
    [
        {"raised": 15, "lead_60_median": 40.0},
        {"quiet_alarms": 1, "lead_60_median": 40.0},
        {"false_early": 1, "lead_60_median": 40.0},
        {"robust_raised_least": 15, "lead_60_median": 40.0},
        {"nuisance_per_day": 1.1, "lead_60_median": 40.0},
        {"lead_60_median": 17.5, "roc_auc": 0.99},
        {"lead_60_median": None},
        {"lead_60_least": 0.0, "roc_auc": 0.99},
        {"roc_auc": 0.89},
    ],
)
def test_the_winner_misses_nothing_before_it_is_early(worse):
    assert rank(GOOD) < rank(GOOD | worse)


def judged_with(raised):
    summary = {"raised": 16, "events": 16, "false_early": 0, "lead_onset_s": None, "lead_60_s": None}
    robustness = {name: {"rate_rule": summary | {"raised": count}} for name, count in raised.items()}
    return {"summary": {"rate_rule": summary}, "robustness": robustness, "nuisance": {"rate_rule": {"per_day": 0.0}}}


def test_an_event_lost_by_a_shift_counts_and_one_that_no_window_could_see_is_told():
    metrics = judged_with({"shift_+20_K": 15, "noise_0.2_K": 16, "silent_10_s_per_min": 13})
    row = row_of(metrics, "rate_rule")
    assert (row["robust_raised_least"], row["disturbed_raised_least"]) == (15, 13)
    spared = row_of(judged_with({"shift_+20_K": 16, "silent_10_s_per_min": 13}), "rate_rule")
    assert rank(spared) < rank(row)


def test_nuisance_below_one_a_day_is_no_merit():
    assert rank(GOOD | {"nuisance_per_day": 0.0}) == rank(GOOD)


def test_a_contestant_is_the_median_of_its_seeds_and_shows_their_spread():
    rows = [GOOD | {"lead_60_median": lead, "roc_auc": auc} for lead, auc in ((18.0, 0.9), (12.0, None), (20.0, 0.8))]
    assert summarise(rows)["lead_60_median"] == 18.0
    assert spread(rows)["lead_60_median"] == [12.0, 20.0]
    assert summarise(rows)["roc_auc"] == pytest.approx(0.85)


def test_no_median_hides_the_seed_that_missed_an_event():
    rows = [GOOD, GOOD, GOOD | {"raised": 15, "quiet_alarms": 2, "nuisance_per_day": 1.3}]
    told = summarise(rows)
    assert (told["raised"], told["quiet_alarms"], told["nuisance_per_day"]) == (15, 2, 1.3)
    assert rank(told) > rank(GOOD | {"lead_60_median": 1.0})


def test_a_grid_is_every_combination():
    entries = entries_of_grid(None, ["train.folds=2"], ["train.epochs=1,2", "network.width=16,20"])
    assert [entry.name for entry in entries] == [
        f"train.epochs={epochs}_network.width={width}" for epochs in (1, 2) for width in (16, 20)
    ]
    assert {(entry.config.train.epochs, entry.config.network.width) for entry in entries} == {
        (1, 16),
        (1, 20),
        (2, 16),
        (2, 20),
    }
    assert all(entry.config.train.folds == 2 for entry in entries)


@pytest.mark.parametrize("axis", ["train.epochs", "train.epochs=1,,2", "train.speed=1,2"])
def test_a_wrong_axis_is_refused(axis):
    with pytest.raises(ConfigError):
        entries_of_grid(None, [], [axis])


def test_two_files_of_one_name_are_refused(tmp_path):
    paths = [tmp_path / folder / "tcn.toml" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_text("")
    with pytest.raises(ConfigError, match="one name"):
        entries_of_files(paths, [])


def test_families_are_compared_and_a_finished_contest_is_not_run_again(tmp_path, recordings_folder, capsys):
    for name, votes in {"tcn": "k = 2\nn = 3\n", "rate_rule": "k = 1\nn = 1\n"}.items():
        text = f'[model]\nfamily = "{name}"\n[alarm]\nfalse_per_day = 8.0\n{votes}'
        (tmp_path / f"{name}.toml").write_text(text)
    small = ["simulation.abused=8", "simulation.benign=8", "simulation.validation_abused=4"]
    small += ["simulation.validation_benign=12", "train.epochs=1", "train.folds=2", "train.batch_size=128"]
    small += ["evaluation.nuisance_hours=0.1", "evaluation.robustness=false", f"data.recordings={recordings_folder}"]
    changes = [part for change in small for part in ("--set", change)]
    files = [str(tmp_path / f"{name}.toml") for name in ("tcn", "rate_rule")]
    command = ["compare", *files, *changes, "--run", str(tmp_path / "run")]
    assert main(command) == 0
    table = json.loads((tmp_path / "run" / "compare.json").read_text())
    rows = {contestant["name"]: contestant["row"] for contestant in table["contestants"]}
    assert rows.keys() == {"tcn", "rate_rule"}
    assert rows["rate_rule"]["raised"] == table["baselines"]["rule_0.5"]["raised"] > 0
    assert rows["rate_rule"]["lead_60_median"] == table["baselines"]["rule_0.5"]["lead_60_median"]
    assert 0.0 <= rows["tcn"]["leaky_roc_auc"] <= 1.0
    assert table["winner"] in rows
    assert f"winner: {table['winner']}" in capsys.readouterr().out
    lines = as_markdown(table).splitlines()
    assert len({line.count("|") for line in lines}) == 1

    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").glob("*/seed_1/metrics.json")}
    assert len(written) == 2
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in written} == written
