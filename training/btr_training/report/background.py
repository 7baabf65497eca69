"""The sections that say where the figures come from: data, folds, versions, configuration, limits, reproduction."""

from pathlib import PurePath
from typing import Any, Final

from .document import Block, Code, Points, Section, Text, table
from .results import NO_RECORDINGS
from .source import Source
from .wording import METHOD_NAMES, NONE, family, known_methods

LIMITS: Final = (
    (
        "After a nail, a crush or a gas jet from a neighbour, temperature alone gives seconds. Tens to hundreds of "
        "seconds are gained only where a cell heats slowly."
    ),
    "A temperature sensor tells what happens where it sits: the fire of a cell two cells away arrives late.",
    (
        "The events are few and come from few experiments. The same experiments chose the settings, so a new cell, "
        "pack or sensor can do worse than the intervals say."
    ),
    "The nuisance suite and the model come from one project; a house has surprises that the suite does not hold.",
    (
        "Rules for gas, smoke and temperature go on without the model, and it never overrules them. An independent "
        "cut-out that needs no software is what protects people."
    ),
)
RECIPE: Final = """export PYTHONPATH=training:src
btr_train=".venv-training/bin/python -m btr_training"
"""


def data(source: Source) -> Section:
    """Return recordings with what the loader did, and the fold of each experiment."""
    record = source.record
    if not record.get("loader"):
        return Section("Data and folds", (Text(NO_RECORDINGS),))
    notes = [(name, "; ".join(told)) for name, told in record["loader"].items()]
    folds = [
        (f"fold {fold}", ", ".join(name for name, place in record["folds"].items() if place == fold))
        for fold in sorted(set(record["folds"].values()))
    ]
    blocks: list[Block] = [
        Text(
            "Experiments, never windows or sensors, are what is left out: the model of a fold has seen none of the "
            f"experiments in its row. SHA-256 of the recordings: {record['recordings_sha256']}."
        ),
        table(("model", "experiments left out"), folds),
    ]
    neighbours = source.metrics.get("neighbours")
    if neighbours:
        methods = known_methods(next(iter(neighbours.values())))
        rows = [(name, *(str(counts[method]) for method in methods)) for name, counts in neighbours.items()]
        caption = "Alarms in recordings that caught a neighbour's event; they are right and count nowhere."
        blocks.append(table(("recording", *(METHOD_NAMES[method] for method in methods)), rows, caption))
    blocks.append(table(("recording", "what the loader says"), notes))
    return Section("Data and folds", tuple(blocks))


def configuration(source: Source) -> Section:
    """Return versions and every setting; of paths only the last part, which names no machine."""
    settings = [
        (f"{section}.{key}", _shown(section, value))
        for section, values in source.config.items()
        for key, value in values.items()
    ]
    versions = [(name, words) for name, words in sorted(source.record["environment"].items())]
    return Section(
        "Versions and configuration",
        (table(("what", "version"), versions), table(("setting", "value"), settings)),
    )


def _shown(section: str, value: Any) -> str:
    if section == "data":
        return PurePath(value).name or NONE
    return str(value).lower() if isinstance(value, bool) else str(value)


def limits() -> Section:
    """Return what none of the figures can take away."""
    return Section("Limits", (Points(LIMITS),))


def reproduce(source: Source) -> Section:
    """Return the command line that makes this run again."""
    recordings = source.config.get("data", {}).get("recordings")
    lines = ["$btr_train reproduce --config RUN/config.toml \\"]
    if recordings:
        lines.append("    --set data.recordings=RECORDINGS --set data.groups=GROUPS.toml \\")
    lines += ["    --run NEW --to NEW/battery_risk.onnx", "$btr_train report --run NEW --to NEW/report.html"]
    facts = source.record["models"]["final"]
    text = (
        f"Family {family(source.config['model']['family'])}. The same configuration, recordings and versions give the "
        f"same model, byte for byte; the windows it was trained on have the SHA-256 {facts['windows_sha256']}."
    )
    words = "RUN is the folder of this run" + (", RECORDINGS and GROUPS.toml are yours." if recordings else ".")
    return Section("How to reproduce", (Text(text), Code(RECIPE + "\n".join(lines)), Text(words)))
