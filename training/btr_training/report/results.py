"""The sections that hold figures: methods, leads, robustness, nuisance, windows."""

from collections.abc import Mapping
from typing import Any, Final

from .document import FAINT, Block, Cell, Gallery, Picture, Section, Table, Text, table
from .goals import goals_table, judge_goals
from .plots import draw_curves, draw_leads, draw_loss, draw_reliability
from .source import Source
from .wording import LANDMARK_NAMES, METHOD_NAMES, NONE, family, known_methods, lead, number, percent, rate

SHOWN_DISTURBED: Final = ("rule_0.5", "rules", "model", "fused")
NO_RECORDINGS: Final = (
    "This run was made and judged without recordings: there are no events, no quiet hours and no windows out of fold. "
    "Only the synthetic nuisance suite and the simulated validation traces speak."
)


def summary(source: Source) -> Section:
    """Return what was asked and the short answer."""
    verdicts = [met for _, _, met in judge_goals(source.metrics)]
    answer = f"{verdicts.count(True)} goals are met, {verdicts.count(False)} are missed"
    unknown = verdicts.count(None)
    blocks: list[Block] = [
        Text(
            "Asked was a model that warns of a thermal runaway from the temperature of a cell alone, earlier than the "
            "best rule, misses no event, and stays silent in a house where doors open, chargers start and hands touch "
            "sensors."
        ),
        Text(f"The short answer: {answer}{f', {unknown} could not be judged' if unknown else ''}. {_gain(source)}"),
        goals_table(source.metrics),
    ]
    if not source.has_recordings:
        blocks.append(Text(NO_RECORDINGS, note=True))
    return Section("What was asked, and the answer", tuple(blocks))


def _gain(source: Source) -> str:
    summary_of = source.metrics.get("summary", {})
    fused, rule = (summary_of.get(method, {}).get("lead_60_s") for method in ("fused", "rule_0.5"))
    if not fused or not rule:
        return ""
    gained_s = fused["median"] - rule["median"]
    words = "more" if gained_s >= 0 else "less"
    return (
        f"Together with the rules the model gives {abs(gained_s):.1f} s {words} median lead to 60 °C than the rule of "
        "0.5 °C/s for 3 s, which any comparison has to beat."
    )


def methods(source: Source) -> Section:
    """Return limits, rules, model and fused side by side, with what so few events can prove."""
    metrics = source.metrics
    if not source.has_recordings:
        return Section("Methods side by side", (Text(NO_RECORDINGS),))
    bounds = metrics["bounds"]["fused"]
    experiments = bounds["experiments_with_miss"]["of"]
    plural = "" if experiments == 1 else "s"
    text = (
        f"{bounds['missed']['of']} recordings of {experiments} experiment{plural} ran away. Recordings of one "
        "experiment share its event, so the experiments are what the intervals rest on. Leads are in seconds from the "
        "alarm to the landmark, median and least; in brackets the 95 % interval of the median over experiments drawn "
        "with replacement. A negative lead is an alarm after the landmark."
    )
    return Section("Methods side by side", (Text(text), _methods_table(metrics), *_lead_pictures(metrics)))


def _methods_table(metrics: Mapping[str, Any]) -> Table:
    names = known_methods(metrics["summary"])
    summaries, bounds = metrics["summary"], metrics["bounds"]
    quiet, nuisance = metrics["quiet"], metrics["nuisance"]
    rows: list[tuple[str, ...]] = [
        ("events raised", *(f"{summaries[name]['raised']}/{summaries[name]['events']}" for name in names)),
        ("share of events missed, at most", *(percent(bounds[name]["missed"]["at_most_95"]) for name in names)),
        (
            "share of experiments with a miss, at most",
            *(percent(bounds[name]["experiments_with_miss"]["at_most_95"]) for name in names),
        ),
        *(
            (words, *(lead(summaries[name][key], bounds[name][key]) for name in names))
            for key, words in LANDMARK_NAMES.items()
        ),
        ("alarms long before an event", *(str(summaries[name]["false_early"]) for name in names)),
        ("false alarms in quiet hours", *(rate(quiet.get(name)) for name in names)),
        ("alarms in the nuisance suite", *(rate(nuisance.get(name)) for name in names)),
    ]
    caption = "At most: upper 95 % bound, one-sided (Clopper-Pearson for shares, Poisson for rates)."
    return table(("", *(METHOD_NAMES[name] for name in names)), rows, caption)


def _lead_pictures(metrics: Mapping[str, Any]) -> tuple[Gallery, ...]:
    pictures = []
    for key, landmark in (("lead_60_s", "60 °C"), ("lead_onset_s", "the onset of 1 °C/s")):
        leads = {
            method: [result[key] for result in results if result[key] is not None]
            for method, results in ((name, metrics["events"][name]) for name in known_methods(metrics["events"]))
        }
        if any(leads.values()):
            caption = (
                f"Lead to {landmark}: each dot is a recording, the bar the median; arrows lie outside the scale. "
                "Right of the dashed line is in time."
            )
            pictures.append(Picture(draw_leads(leads, landmark), caption, wide=True))
    return (Gallery(tuple(pictures)),) if pictures else ()


def robustness(source: Source) -> Section:
    """Return the events again through worse sensors."""
    tables = source.metrics.get("robustness")
    if not tables:
        return Section(
            "Robustness", (Text("No event was disturbed in this run." if source.has_recordings else NO_RECORDINGS),)
        )
    methods = [name for name in known_methods(next(iter(tables.values()))) if name in SHOWN_DISTURBED]
    rows = [
        (
            family(name),
            *(f"{told[method]['raised']}/{told[method]['events']}" for method in methods),
            *(lead(told[method]["lead_60_s"]) for method in methods),
            *(str(told[method]["false_early"]) for method in methods[-1:]),
        )
        for name, told in tables.items()
    ]
    head = (
        "disturbance",
        *(f"raised, {METHOD_NAMES[method]}" for method in methods),
        *(f"lead to 60 °C, {METHOD_NAMES[method]}" for method in methods),
        *(f"early alarms, {METHOD_NAMES[method]}" for method in methods[-1:]),
    )
    text = "The same events, spoiled; landmarks stay those of the undisturbed recording. Leads are median / least in s."
    return Section("Robustness", (Text(text), table(head, rows)))


def nuisance(source: Source) -> Section:
    """Return alarms in benign synthetic traces, by kind."""
    told = source.metrics["nuisance"]
    names = known_methods(told)
    rows: list[tuple[Cell | str, ...]] = [
        (family(kind), *(_count(told[name]["by_kind"].get(kind, 0)) for name in names)) for kind in told["kinds"]
    ]
    rows.append(("per 24 h", *(number(told[name]["per_day"], 3) for name in names)))
    rows.append(("per 24 h, at most", *(number(told[name]["per_day_at_most_95"], 3) for name in names)))
    text = (
        f"Benign life that the training generator did not write, {told['hours_per_kind']:g} h of each kind, judged by "
        "the final model. An alarm at a hard limit in a cell that is kept that hot is meant. "
    )
    choosing = source.config["evaluation"]["choosing_seed"]
    chosen_by = told.get("seed", choosing) == choosing
    text += "Contests choose by these very hours." if chosen_by else "Nothing was chosen by these hours."
    return Section("Nuisance", (Text(text), table(("kind", *(METHOD_NAMES[name] for name in names)), rows)))


def _count(count: int) -> Cell:
    return Cell(str(count), "" if count else FAINT)


def windows(source: Source) -> Section:
    """Return how well the probability sorts windows."""
    told = source.metrics.get("windows")
    if not told:
        return Section("Windows", (Text(NO_RECORDINGS),))
    scores = {"runaway experiments": told["runaway_experiments"], "with the quiet recordings": told["with_quiet"]}
    scores |= {f"experiment {name}": each for name, each in told["each"].items()}
    keys = ("windows", "positives", "roc_auc", "pr_auc", "recall_at_precision_95")
    rows = [(name, *(number(each[key], 6) if each else NONE for key in keys)) for name, each in scores.items()]
    head = ("", "windows", "positive", "ROC-AUC", "PR-AUC", "recall at precision 0.95")
    text = (
        "Every window by the model that has not seen its experiment. Many positive windows end before anything has "
        "happened, which no model can know: read these figures as a comparison, the leads as the result."
    )
    blocks: list[Block] = [Text(text), table(head, rows)]
    if "curves" in source.metrics:
        roc, pr = draw_curves(source.metrics["curves"])
        caption = (
            "Reliability: the probability is scaled so that 0.5 (dashed) is the alarm threshold, so it is not meant to "
            "be a frequency; where the curve lies above the diagonal, the model is more cautious in words than in fact."
        )
        shown = (
            Picture(roc, "ROC curve of the runaway experiments, out of fold."),
            Picture(pr, "Precision against recall of the runaway experiments, out of fold."),
            Picture(draw_reliability(source.metrics["reliability"]), caption),
        )
        blocks.append(Gallery(shown))
    return Section("Windows", tuple(blocks))


def training(source: Source) -> Section:
    """Return the losses, and the folds with what each model was measured on."""
    models = source.record["models"]
    losses = {name: facts["loss"] for name, facts in models.items() if facts.get("loss")}
    rows = []
    for name, facts in models.items():
        validation = facts.get("validation", {})
        rows.append(
            (
                family(name),
                number(facts["windows"]),
                number(facts["positives"]),
                number(facts["loss"][-1] if facts.get("loss") else None),
                number(validation.get("roc_auc")),
                number(validation.get("pr_auc")),
                number(facts.get("calibration", {}).get("threshold"), 3),
                number(facts.get("train_s"), 3),
            )
        )
    head = ("model", "windows", "positive", "last loss", "ROC-AUC", "PR-AUC", "logit at 0.5", "seconds")
    caption = "ROC-AUC and PR-AUC on simulated validation traces that were never trained on."
    blocks: list[Block] = [table(head, rows, caption)]
    if losses:
        blocks.insert(0, Gallery((Picture(draw_loss(losses), "Training loss.", wide=True),)))
    return Section("Training", tuple(blocks))
