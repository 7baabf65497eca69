"""The section about the families against each other, from ``compare.json``."""

from collections.abc import Mapping
from typing import Any, Final

from .document import BEST, LEAKY, Block, Cell, Section, Text, table
from .wording import METHOD_NAMES, NONE, number

COLUMNS: Final = {
    "raised": "events raised",
    "robust_raised_least": "least raised, disturbed",
    "lead_60_median": "median lead to 60 °C, s",
    "lead_60_least": "least lead to 60 °C, s",
    "lead_onset_median": "median lead to onset, s",
    "quiet_alarms": "false alarms in quiet hours",
    "quiet_per_day_at_most_95": "a day, at most",
    "nuisance_per_day": "nuisance per 24 h",
    "fused_nuisance_per_day": "fused",
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "recall_at_precision_95": "recall at precision 0.95",
    "weights_or_size": "weights or size",
    "size_bytes": "bytes",
    "speed_1_ms": "1 window, ms",
    "speed_256_ms": "256 windows, ms",
    "train_s": "training, s",
}
LEAKY_PREFIX: Final = "leaky_"


def contest(table_of: Mapping[str, Any]) -> Section:
    """Return all contestants with their spread over seeds, the baselines below, the winner and the rule."""
    contestants = sorted(table_of["contestants"], key=lambda one: one["name"] != table_of["winner"])
    rows: list[tuple[Cell | str, ...]]
    rows_of = [one["row"] for one in contestants]
    known = {key for row in (*rows_of, *table_of["baselines"].values()) for key in row}
    leaky = sorted(key for key in known if key.startswith(LEAKY_PREFIX))
    columns = {key: words for key, words in COLUMNS.items() if key in known}
    head: tuple[Cell | str, ...] = (
        "",
        *columns.values(),
        *(Cell(f"LEAKY {key.removeprefix(LEAKY_PREFIX).replace('_', ' ')}", LEAKY) for key in leaky),
    )
    rows = [
        (
            Cell(f"{one['name']} (winner)", BEST) if one["name"] == table_of["winner"] else Cell(one["name"]),
            *(_figure(one["row"], one.get("spread", {}), key) for key in columns),
            *(Cell(_figure(one["row"], one.get("spread", {}), key), LEAKY) for key in leaky),
        )
        for one in contestants
    ]
    rows += [
        (
            Cell(METHOD_NAMES.get(name, name)),
            *(_figure(row, {}, key) for key in columns),
            *(Cell(_figure(row, {}, key), LEAKY) for key in leaky),
        )
        for name, row in table_of["baselines"].items()
    ]
    about = [(one["name"], one["family"], one["summary"], ", ".join(map(str, one["seeds"]))) for one in contestants]
    blocks: list[Block] = [
        Text(f"Winner: {table_of['winner']}. The rule that chose it: {table_of['rule']}."),
        table(head, rows, "Median over the seeds; in brackets the least and the greatest where they differ."),
        table(("contestant", "family", "what it is", "seeds"), about),
    ]
    if leaky:
        warning = (
            "The columns marked LEAKY split windows at random, as earlier work on these data did: neighbours of a test "
            "window are in training. They are there to compare with that work and say nothing about a new battery."
        )
        blocks.insert(1, Text(warning, note=True))
    return Section("Families compared", tuple(blocks))


def _figure(row: Mapping[str, Any], spread: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return NONE
    words = (
        f"{number(value)}/{number(row.get('events'))}" if key in ("raised", "robust_raised_least") else number(value)
    )
    least, most = spread.get(key) or (value, value)
    return words if least == most else f"{words} [{number(least)} to {number(most)}]"
