"""The section about the families against each other, from ``compare.json``."""

from collections.abc import Mapping
from typing import Any, Final

from .document import BEST, LEAKY, Block, Cell, Section, Table, Text, table
from .wording import METHOD_NAMES, NONE, number

WINDOWS: Final = "Windows, by experiment"
RAISED: Final = ("raised", "robust_raised_least", "disturbed_raised_least")
COLUMNS: Final = {
    "Events": {
        "raised": "events raised",
        "robust_raised_least": "least raised where none may be lost",
        "disturbed_raised_least": "least raised, any disturbance",
        "lead_60_median": "median lead to 60 °C, s",
        "lead_60_least": "least lead to 60 °C, s",
        "lead_onset_median": "median lead to onset, s",
        "lead_onset_least": "least lead to onset, s",
    },
    "False alarms": {
        "quiet_alarms": "in quiet hours",
        "quiet_hours": "quiet hours",
        "quiet_per_day_at_most_95": "a day, at most",
        "false_early": "long before an event",
        "nuisance_per_day": "nuisance per 24 h",
        "fused_nuisance_per_day": "nuisance per 24 h, fused",
    },
    WINDOWS: {
        "roc_auc": "ROC-AUC",
        "pr_auc": "PR-AUC",
        "recall_at_precision_95": "recall at precision 0.95",
        "validation_roc_auc": "ROC-AUC, simulated validation",
    },
    "Cost": {
        "weights_or_size": "weights or size",
        "size_bytes": "bytes",
        "speed_1_ms": "1 window, ms",
        "speed_256_ms": "256 windows, ms",
        "train_s": "training, s",
    },
}
LEAKY_PREFIX: Final = "leaky_"
LEAKY_WARNING: Final = (
    "The columns marked LEAKY split windows at random, as earlier work on these data did: neighbours of a test window "
    "are in training. They are there to compare with that work and say nothing about a new battery."
)


def contest(told: Mapping[str, Any]) -> Section:
    """Return all contestants with their spread over seeds, the baselines below, the winner and the rule."""
    contestants = sorted(told["contestants"], key=lambda one: one["name"] != told["winner"])
    about = [
        (_name(one, told), one["family"], one["summary"], ", ".join(map(str, one["seeds"]))) for one in contestants
    ]
    blocks: list[Block] = [
        Text(f"Winner: {told['winner']}. The rule that chose it: {told['rule']}."),
        Text(
            "Figures are medians over the seeds, of misses and false alarms the worst; in brackets the least and the "
            "greatest where they differ."
        ),
        table(("contestant", "family", "what it is", "seeds"), about),
    ]
    known = {key for one in contestants for key in one["row"]}
    leaky = {key: _leaky_title(key) for key in sorted(known) if key.startswith(LEAKY_PREFIX)}
    for title, columns in COLUMNS.items():
        chosen = {key: words for key, words in columns.items() if key in known}
        if title == WINDOWS:
            chosen |= leaky
        if chosen:
            blocks.append(_table(title, chosen, contestants, told))
    if leaky:
        blocks.append(Text(LEAKY_WARNING, note=True))
    return Section("Families compared", tuple(blocks))


def _table(title: str, columns: Mapping[str, str], contestants: list[dict[str, Any]], told: Mapping[str, Any]) -> Table:
    rows = [
        (_name(one, told), *(_cell(one["row"], one.get("spread", {}), key) for key in columns)) for one in contestants
    ]
    rows += [
        (Cell(METHOD_NAMES.get(name, name)), *(_cell(row, {}, key) for key in columns))
        for name, row in told["baselines"].items()
        if any(row.get(key) is not None for key in columns)
    ]
    head = (Cell(""), *(Cell(words, LEAKY if key.startswith(LEAKY_PREFIX) else "") for key, words in columns.items()))
    return table(head, rows, title)


def _name(contestant: Mapping[str, Any], told: Mapping[str, Any]) -> Cell:
    name = contestant["name"]
    return Cell(f"{name} (winner)", BEST) if name == told["winner"] else Cell(name)


def _leaky_title(key: str) -> str:
    return f"LEAKY {key.removeprefix(LEAKY_PREFIX).replace('_', ' ')}"


def _cell(row: Mapping[str, Any], spread: Mapping[str, Any], key: str) -> Cell:
    mark = LEAKY if key.startswith(LEAKY_PREFIX) else ""
    value = row.get(key)
    if value is None:
        return Cell(NONE, mark)
    words = number(value) + (f"/{number(row.get('events'))}" if key in RAISED else "")
    least, most = spread.get(key) or (value, value)
    return Cell(words if least == most else f"{words} [{number(least)} to {number(most)}]", mark)
