"""The page about a shipped model, written from its card alone, so that it cannot say anything else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .background import LIMITS
from .document import Block, Code, Document, Points, Section, Table, Text, table
from .source import read_json
from .wording import LANDMARK_NAMES, METHOD_NAMES, family, known_methods, lead, number, percent, rate

REPRODUCE: Final = """export PYTHONPATH=training:src
# from simulation and a folder of recordings
.venv-training/bin/python -m btr_training reproduce --config training/configs/default.toml \\
    --set data.recordings=RECORDINGS --run runs/default --to custom_components/btr/models/battery_risk.onnx
# from simulation alone
.venv-training/bin/python -m btr_training reproduce --config training/configs/simulation.toml \\
    --run runs/simulation --to runs/simulation/battery_risk.onnx
# the report, and this page
.venv-training/bin/python -m btr_training report --run runs/default --to runs/default/report.html \\
    --card custom_components/btr/models/battery_risk.json docs/model-card.md"""


def card_page(path: Path) -> Document:
    """Return the page about the model whose card is at ``path``; TrainingError when there is none."""
    card = read_json(path, "Export a model first: btr-train export")
    title = f"Model card: {card['name']} {card['version']}"
    made = "Written by btr-train report from the card beside the model; change the model, not this page."
    sections = (_use(card), _function(card), _data(card), _evaluation(card["metrics"]), _limits(), _reproduce())
    return Document(title, made, sections)


def _use(card: Mapping[str, Any]) -> Section:
    text = (
        f"From the last {card['sequence_length'] * card['interval_s']:g} seconds of one temperature sensor on a "
        f"lithium-ion cell, the model returns the probability that the cell becomes more than 5 K hotter within "
        f"the next {card['horizon_s']:g} seconds on its way into a thermal runaway. BTR runs it beside its rules, as "
        "one more reason for an alarm, never as a reason against one."
    )
    not_for = (
        "Not for: clearing a battery as safe, replacing a cut-out, gas or smoke detector, sensors that sit away from "
        "the cell, or anything but lithium-ion cells."
    )
    return Section("Intended use", (Text(text), Text(not_for)))


def _function(card: Mapping[str, Any]) -> Section:
    alarm, warning, clear = card["alarm"], card["warning"], card["clear"]
    low_c, high_c = card["input_range_c"]
    rows = (
        ("family", family(card["family"])),
        ("input", f"{card['sequence_length']} temperatures in °C, one every {card['interval_s']:g} s, oldest first"),
        ("valid from, to", f"{low_c:g} °C, {high_c:g} °C"),
        ("output", "probability 0 to 1, scaled so that 0.5 is the alarm threshold"),
        ("alarm", f"{alarm['k']} of {alarm['n']} windows at or above {alarm['threshold']:g}"),
        ("warning", f"{warning['k']} of {warning['n']} windows at or above {warning['threshold']:g}"),
        ("falls again", f"when all windows of {clear['hold_s']:g} s stay below {clear['threshold']:g}"),
        ("SHA-256 of the model", card["sha256"]),
    )
    return Section("What it does", (table(("", ""), rows),))


def _data(card: Mapping[str, Any]) -> Section:
    told = card["training_data"]
    text = (
        f"Trained on {told['description']}. No recording is part of this repository; the simulator is. The windows "
        f"that were trained on have the SHA-256 {told['sha256']}."
    )
    return Section("Training data", (Text(text),))


def _evaluation(metrics: Mapping[str, Any]) -> Section:
    methods = known_methods(metrics)
    blocks: list[Block] = []
    if methods:
        how = (
            "Whole recordings, each by a model that was not trained on its experiment, were replayed sample by sample "
            "through the code that runs in Home Assistant. Leads are seconds from the alarm to the landmark, median "
            "and least; in brackets, where known, the 95 % interval of the median over experiments. At most: upper "
            "95 % bound."
        )
        blocks += [Text(how), _methods_table(metrics, methods)]
    else:
        blocks.append(Text("No recordings were judged: there are no figures about events or quiet hours."))
    nuisance = metrics.get("nuisance_alarms_per_day", {})
    words = ", ".join(f"{METHOD_NAMES[name]} {number(value, 3)}" for name, value in nuisance.items())
    if words:
        blocks.append(Text(f"Alarms per 24 h in synthetic benign life that was not trained on: {words}."))
    if "nuisance" in metrics:
        blocks.append(_nuisance_table(metrics["nuisance"]))
    if metrics.get("robustness"):
        blocks.append(_robustness_table(metrics["robustness"]))
    roc_auc = metrics.get("window_roc_auc_by_experiment")
    if roc_auc is not None:
        blocks.append(Text(f"ROC-AUC of single windows, by experiment: {number(roc_auc, 3)}."))
    return Section("Evaluation", tuple(blocks))


def _methods_table(metrics: Mapping[str, Any], methods: list[str]) -> Table:
    rows: list[tuple[str, ...]] = [("events raised", *(metrics[name]["events_raised"] for name in methods))]
    if all("missed_at_most_95" in metrics[name] for name in methods):
        bounds = (percent(metrics[name]["missed_at_most_95"]) for name in methods)
        rows.append(("share of events missed, at most", *bounds))
    for key, words in LANDMARK_NAMES.items():
        if any(key in metrics[name] for name in methods):
            rows.append((f"{words}, s", *(_lead(metrics[name].get(key)) for name in methods)))
    rows.append(("false alarms in quiet hours", *(rate(metrics[name].get("quiet")) for name in methods)))
    return table(("", *(METHOD_NAMES[name] for name in methods)), rows)


def _lead(told: Mapping[str, Any] | None) -> str:
    return lead(told, told.get("median_95") if told else None)


def _nuisance_table(nuisance: Mapping[str, Any]) -> Table:
    names = known_methods(nuisance)
    kinds = sorted({kind for name in names for kind in nuisance[name]["by_kind"]})
    rows = [(family(kind), *(str(nuisance[name]["by_kind"].get(kind, 0)) for name in names)) for kind in kinds]
    rows.append(("per 24 h, at most", *(number(nuisance[name]["per_day_at_most_95"], 3) for name in names)))
    fresh = ", that nothing was chosen by" if "seed" in nuisance else ""
    hours = f"{nuisance['hours_per_kind']:g} h of each{fresh}"
    caption = f"Nuisance alarms by kind, {hours}; kinds without any alarm are left out."
    return table(("kind", *(METHOD_NAMES[name] for name in names)), rows, caption)


def _robustness_table(robustness: Mapping[str, Any]) -> Table:
    methods = list(next(iter(robustness.values()), {}))
    head = (
        "disturbance",
        *(f"raised, {METHOD_NAMES[name]}" for name in methods),
        *(f"lead to 60 °C, s, {METHOD_NAMES[name]}" for name in methods),
    )
    rows = [
        (
            family(name),
            *(told[method]["events_raised"] for method in methods),
            *(lead(told[method]["lead_60_s"]) for method in methods),
        )
        for name, told in robustness.items()
    ]
    return table(head, rows, "The same events through worse sensors.")


def _limits() -> Section:
    return Section("Limits", (Points(LIMITS),))


def _reproduce() -> Section:
    return Section("How to reproduce", (Code(REPRODUCE),))
