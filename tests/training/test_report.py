"""The report of a run: what a reader finds in it, and that nothing in it comes from elsewhere or runs."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from btr_training.__main__ import main
from btr_training.bounds import bounds_of, median_interval, reliability, share_at_most
from btr_training.config import Config, EvaluationConfig, to_toml
from btr_training.cuts import Place, cut_event, find_incidents, load_cuts, save_cuts
from btr_training.disturbances import Disturbance
from btr_training.evaluate import card_metrics, evaluate_run
from btr_training.events import Event, find_event
from btr_training.methods import METHODS, Replayed
from btr_training.metrics import judge_event, window_curves
from btr_training.pipeline import write_json
from btr_training.replay import Alarm
from btr_training.report.contest_section import contest
from btr_training.report.document import table
from btr_training.report.goals import judge_goals
from btr_training.windows import Trace

MODELS = Path(__file__).parents[2] / "custom_components" / "btr" / "models"
PAGE = Path(__file__).parents[2] / "docs" / "model-card.md"
HOSTILE = '<script>alert("1")</script>|$x^{$'
SECTIONS = [
    "What was asked, and the answer",
    "Methods side by side",
    "Robustness",
    "Nuisance",
    "Windows",
    "Events",
    "False alarms",
    "Training",
    "Data and folds",
    "Versions and configuration",
    "Limits",
    "How to reproduce",
]
VOID = {"meta", "link", "img", "br", "hr"}


class Page(HTMLParser):
    """What a browser would make of it: elements, their attributes, the texts of headings, and unclosed elements."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.headings, self.text = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        self.text.append(data)

    def values(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def heating(start_s, rate_c_per_s, length_s=200):
    time_s = np.arange(0, length_s, 0.5)
    return (25.0 + np.clip(time_s - start_s, 0, 60) * rate_c_per_s).astype(np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A judged run with two experiments that ran away, one of a hostile name, a quiet trace that looks like a fire."""
    folder = tmp_path_factory.mktemp("run")
    for name in ("final", "fold_0", "fold_1"):
        (folder / f"{name}.onnx").write_bytes((MODELS / "battery_risk.onnx").read_bytes())
        (folder / f"{name}.json").write_bytes((MODELS / "battery_risk.json").read_bytes())
    series = {
        HOSTILE: ("one", "runaway", heating(100, 2.0)),
        "slow": ("two", "runaway", heating(90, 1.0)),
        "false": ("three", "benign", heating(100, 1.5)),
        "still": ("three", "benign", heating(1000, 1.0)),
    }
    traces = tuple(
        Trace(name, experiment, kind, 10.0, temp_c, temp_c) for name, (experiment, kind, temp_c) in series.items()
    )
    facts = {"loss": [0.5, 0.2], "windows": 10, "positives": 2, "windows_sha256": "0" * 64, "left_out": []}
    record = {
        "models": dict.fromkeys(("final", "fold_0", "fold_1"), facts),
        "folds": {"one": 0, "two": 1, "three": 0},
        "environment": {"numpy": "2"},
        "loader": {HOSTILE: ["2 rows"]},
        "recordings_sha256": "1" * 64,
    }
    write_json(folder / "run.json", record)
    (folder / "config.toml").write_text(to_toml(Config()))
    with pytest.MonkeyPatch.context() as patch:
        small = {"hot_70": lambda _rng: np.full(400, 70.0), "cold": lambda _rng: np.full(400, -5.0)}
        patch.setattr("btr_training.judge_quiet.KINDS", small)
        patch.setattr("btr_training.nuisance.KINDS", small)
        shifted = (Disturbance("shift_-30_K", lambda temp_c: temp_c - np.float32(30)),)
        patch.setattr("btr_training.evaluate.DISTURBANCES", shifted)
        write_json(folder / "metrics.json", evaluate_run(folder, record, traces, EvaluationConfig(1)))
    return folder


@pytest.fixture(scope="module")
def report(run):
    target = run / "out" / "report.html"
    assert main(["report", "--run", str(run), "--to", str(target)]) == 0
    return target


def test_the_page_needs_nothing_but_itself(report):
    text = report.read_text()
    page = Page(text)
    assert page.open == [], "every element is closed"
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "img", "object", "base"}
    assert all(target.startswith("#") for key in ("href", "xlink:href", "src") for target in page.values(key))
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))


def test_every_link_within_the_page_has_one_target(report):
    page = Page(report.read_text())
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {target[1:] for target in page.values("href") + page.values("xlink:href")} <= set(ids)


def test_every_section_and_every_event_is_there(report, run):
    page = Page(report.read_text())
    assert page.headings == SECTIONS
    cuts = json.loads((run / "metrics.json").read_text())["cuts"]
    assert [cut["trace"] for cut in cuts if cut["kind"] == "event"] == [HOSTILE, "slow"]
    captions = [text for text in page.text if "alarm threshold." in text]
    assert [caption.split(" (")[0] for caption in captions if "(one)" in caption or "(two)" in caption] == [
        HOSTILE,
        "slow",
    ]
    pictures = [attributes["aria-label"] for tag, attributes in page.elements if tag == "svg"]
    assert sum("around the first +2 K" in label for label in pictures) == 2
    assert any(label.startswith("ROC curve") for label in pictures)
    assert any(label.startswith("Observed share") for label in pictures)


def test_a_name_is_text_and_nothing_else(report):
    """A recording called like a script, a column and a formula."""
    text = report.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    told = report.with_suffix(".md").read_text()
    assert "<script" not in told.replace("\\<script", "")


def test_markdown_tables_have_as_many_cells_in_every_row(report):
    tables, rows = [], []
    for line in report.with_suffix(".md").read_text().splitlines():
        if line.startswith("|"):
            rows.append(len(re.findall(r"(?<!\\)\|", line)))
        elif rows:
            tables.append(rows)
            rows = []
    assert len(tables) > 10
    assert all(len(set(counts)) == 1 for counts in tables)


def test_a_false_alarm_is_listed_and_drawn_and_a_quiet_trace_is_not(report, run):
    listed = json.loads((run / "metrics.json").read_text())["false_alarms"]
    quiet = [one for one in listed if one["kind"] == "quiet"]
    assert {one["method"] for one in quiet} == {"model", "fused"}
    assert {one["trace"] for one in quiet} == {"false"}
    assert all(105 < one["time_s"] < 125 for one in quiet), "s of the recording, which began at 10 s"
    assert "quiet recording: false, at 11" in report.read_text()
    assert {one["trace"] for one in listed if one["kind"] == "nuisance"} == {"hot_70 1"}


def test_goals_are_met_or_missed_in_words(report, run):
    verdicts = {goal.asked: met for goal, _, met in judge_goals(json.loads((run / "metrics.json").read_text()))}
    assert verdicts["events raised by the model alone"] is True
    assert verdicts["false alarms in the quiet hours"] is False
    assert verdicts["median lead to 60 °C"] is not None
    words = [
        attributes.get("class", "").split() for tag, attributes in Page(report.read_text()).elements if tag == "td"
    ]
    assert sum("good" in classes for classes in words) == list(verdicts.values()).count(True)
    assert sum("bad" in classes for classes in words) == list(verdicts.values()).count(False)


@pytest.mark.parametrize(
    ("fused_s", "words", "met"), [(4.0, "never later", True), (None, "1 missed that a rule raised", False)]
)
def test_an_event_that_only_the_rules_raised_is_later_than_never(fused_s, words, met):
    rules = {rule: [{"lead_peak_s": 3.0}] for rule in ("rule_1.0", "rule_0.5", "rules")}
    judged = judge_goals({"events": {**rules, "fused": [{"lead_peak_s": fused_s}]}})
    assert ("fused against the earliest rule", words, met) in [(goal.asked, told, met) for goal, told, met in judged]


def test_a_run_from_simulation_alone_says_so(run, tmp_path):
    for name in ("run.json", "config.toml", "final.onnx", "final.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    record = json.loads((run / "run.json").read_text()) | {"folds": {}, "loader": {}, "recordings_sha256": None}
    write_json(tmp_path / "run.json", record)
    metrics = json.loads((run / "metrics.json").read_text())
    kept = {key: metrics[key] for key in ("nuisance", "speed_ms")}
    write_json(tmp_path / "metrics.json", kept | {"false_alarms": [], "cuts": save_cuts(tmp_path / "series.npz", [])})
    assert main(["report", "--run", str(tmp_path), "--to", str(tmp_path / "report.html")]) == 0
    page = Page((tmp_path / "report.html").read_text())
    assert page.headings == SECTIONS
    assert sum("without recordings" in text for text in page.text) >= 4


def test_the_contest_marks_the_winner_and_the_leaky_column():
    row = {"raised": 2, "events": 2, "lead_60_median": 12.5, "leaky_f1": 0.96}
    entry = {"family": "tcn", "summary": "small", "seeds": [1, 2], "runs": []}
    told = {
        "contestants": [
            {"name": "other", "row": row, "spread": {"lead_60_median": [11.0, 14.0]}} | entry,
            {"name": "best", "row": row | {"lead_60_median": 20.0}, "spread": {}} | entry,
        ],
        "baselines": {"rule_0.5": {"raised": 2, "events": 2}},
        "winner": "best",
        "rule": "the longest lead",
    }
    section = contest(told)
    about, events, windows, warning = section.blocks[2:]
    assert [cells[0].text for cells in events.rows] == ["best (winner)", "other", "rule 0.5 °C/s for 3 s"]
    assert events.rows[1][2].text == "12.5 [11 to 14]"
    assert [cell.text for cell in windows.head] == ["", "LEAKY f1"]
    assert all(cells[-1].mark == "leaky" for cells in windows.rows)
    assert "random" in warning.text
    assert warning.note
    assert about.rows[0][2].text == "small"
    assert "the longest lead" in section.blocks[0].text


@pytest.mark.parametrize(
    ("missing", "remedy"), [("metrics.json", "evaluate"), ("run.json", "Train first"), ("series.npz", "evaluate")]
)
def test_what_is_missing_is_named_with_its_remedy(run, tmp_path, capsys, missing, remedy):
    for name in {"run.json", "metrics.json", "config.toml", "series.npz"} - {missing}:
        (tmp_path / name).write_bytes((run / name).read_bytes())
    assert main(["report", "--run", str(tmp_path), "--to", str(tmp_path / "report.html")]) == 2
    told = capsys.readouterr().err
    assert missing in told
    assert remedy in told
    assert not (tmp_path / "report.html").exists()


def test_the_page_of_the_shipped_model_is_what_its_card_says(tmp_path):
    page = tmp_path / "page.md"
    assert main(["report", "--card", str(MODELS / "battery_risk.json"), str(page)]) == 0
    assert page.read_text() == PAGE.read_text(), "write it again: btr-train report --card CARD.json docs/model-card.md"


def test_the_figures_of_a_run_reach_card_and_page(run, tmp_path):
    metrics = json.loads((run / "metrics.json").read_text())
    card = json.loads((MODELS / "battery_risk.json").read_text()) | {"metrics": card_metrics(metrics)}
    write_json(tmp_path / "card.json", card)
    assert main(["report", "--card", str(tmp_path / "card.json"), str(tmp_path / "page.md")]) == 0
    told = (tmp_path / "page.md").read_text()
    assert "| events raised | 2/2 | 2/2 | 2/2 | 2/2 | 2/2 | 2/2 | 2/2 |" in told
    assert "| share of events missed, at most | 77.6 % |" in told
    assert "| shift -30 K | 2/2 |" in told
    assert "slow" not in json.dumps(card["metrics"]), "no recording is named where it would be published"


def test_a_table_with_a_ragged_row_is_refused():
    with pytest.raises(ValueError, match="2 cells"):
        table(("a", "b"), [("1",)], "ragged")


def test_bounds_on_shares_are_those_of_clopper_and_pearson():
    """0 of n: 1 - 0.05^(1/n); 1 of 2 solves (1 - p)^2 + 2 p (1 - p) = 0.05."""
    assert share_at_most(0, 16) == pytest.approx(1 - 0.05 ** (1 / 16))
    assert share_at_most(1, 2) == pytest.approx(0.95**0.5)
    assert share_at_most(3, 3) == 1.0
    assert share_at_most(0, 0) == 1.0


def test_the_median_is_bounded_over_experiments_not_over_their_sensors():
    many, few = [10.0] * 30, [20.0]
    assert median_interval([many, few]) == (10.0, 20.0), "one experiment can be all there is, whatever its sensors"
    assert median_interval([many, []]) is None
    assert median_interval([[1.0], [2.0], [3.0]]) == median_interval([[1.0], [2.0], [3.0]])


def test_an_experiment_counts_as_missed_with_any_of_its_events():
    event = Event(100.0, 104.0, 120.0, None, 130.0, 140.0)
    results = [
        judge_event("a", "one", event, [Alarm(110.0, "model")]),
        judge_event("b", "one", event, []),
        judge_event("c", "two", event, [Alarm(105.0, "model")]),
    ]
    bounds = bounds_of(results)
    assert (bounds["missed"]["count"], bounds["missed"]["of"]) == (1, 3)
    assert (bounds["experiments_with_miss"]["count"], bounds["experiments_with_miss"]["of"]) == (1, 2)
    assert bounds["lead_60_s"] == [10.0, 15.0]
    assert bounds["lead_80_s"] is None


def test_reliability_counts_every_window_once():
    labels = np.array([0, 1, 1, 0], np.int8)
    bins = reliability(labels, np.array([0.0, 0.05, 1.0, 0.55], np.float32))
    assert [one["windows"] for one in bins] == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert (bins[0]["observed"], bins[9]["observed"], bins[1]["observed"]) == (0.5, 1.0, None)


def test_curves_keep_their_ends_and_few_points():
    rng = np.random.default_rng(1)
    labels = (rng.random(5000) < 0.3).astype(np.int8)
    curves = window_curves(labels, (labels + rng.normal(0, 1, 5000)).astype(np.float32))
    assert curves["roc"][0] == [0.0, 0.0]
    assert curves["roc"][-1] == [1.0, 1.0]
    assert curves["pr"][-1][0] == 1.0
    assert all(100 < len(points) <= 200 for points in curves.values())


def test_a_cut_holds_ten_minutes_at_most_and_what_it_can_of_the_alarms():
    """Given a slow event: 2 K at 100 s, 1 degC/s only at 2000 s."""
    temp_c = np.concatenate([heating(90, 0.05, 2000), np.linspace(28, 150, 200)]).astype(np.float32)
    event = find_event(temp_c)
    replayed = Replayed(temp_c, np.full(len(temp_c), 0.1, np.float32), {name: [] for name in METHODS})
    replayed.alarms["fused"].append(Alarm(1990.0, "model"))
    replayed.alarms["rules"].append(Alarm(140.0, "rate"))
    cut = cut_event(Place("event", "x", "one", 1000.0), event, replayed)
    assert len(cut.temp_c) * 0.5 <= 600
    assert cut.time_s[0] == cut.start_s > 1000.0
    assert cut.time_s[0] <= 2990.0 <= cut.time_s[-1]
    assert cut.alarms == {"rules": (1140.0,), "fused": (2990.0,)}


def test_alarms_within_minutes_share_a_picture_and_series_are_read_back(tmp_path):
    temp_c = np.full(4000, 25.0, np.float32)
    alarms = {
        "model": [Alarm(500.0, "model"), Alarm(700.0, "model"), Alarm(1500.0, "model")],
        "limit_50": [Alarm(9, "")],
    }
    incidents = find_incidents(Place("quiet", "x", "one", 0.0), Replayed(temp_c, temp_c / 100, alarms))
    assert [len(incident.alarms) for incident in incidents] == [2, 1]
    told = save_cuts(tmp_path / "series.npz", [incident.cut for incident in incidents])
    again = load_cuts(tmp_path / "series.npz", told)
    assert [cut.alarms for cut in again] == [{"model": (500.0, 700.0)}, {"model": (1500.0,)}]
    assert np.array_equal(again[1].time_s, incidents[1].cut.time_s)
    assert again[0].time_s[0] == 320.0
