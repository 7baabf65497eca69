"""The report of the message path as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from .report import markdown_table, shown

COLUMNS = (
    ("CPU s per 1000 messages", "cpu_s_per_1000_messages"),
    ("rows per node-day", "rows_per_node_day"),
    ("lag p99 added ms", "lag_p99_added_ms"),
    ("lag max ms", "lag_max_ms"),
    ("message waits p99 ms", "waited_p99_ms"),
    ("RSS added MB", "rss_added_mb"),
    ("messages/s", "messages_per_s"),
    ("CPU of all else s/s", "others_cpu_s_per_s"),
)
BUDGETS = {"cpu_s_per_1000_messages": 0.6, "rows_per_node_day": 20_000, "lag_p99_added_ms": 5.0, "rss_added_mb": 60.0}

Report = Mapping[str, Any]


def tables(found: Report) -> str:
    """One table of figures, and one of ratios when there are two contestants."""
    contestants = found["contestants"]
    rows = [
        (one["name"], stage["nodes"], *(shown(stage[key]) for _, key in COLUMNS))
        for one in contestants
        for stage in one["stages"]
    ]
    parts = [markdown_table(("", "nodes", *(head for head, _ in COLUMNS)), rows), _idle(contestants)]
    if len(contestants) == 2:
        parts.append(_ratios(*contestants))
    return "\n\n".join(parts)


def _idle(contestants: Sequence[Report]) -> str:
    head = ("idle", "CPU s/s", "lag p99 ms", "rows per hour", "RSS before set-up MB")
    rows = [
        (
            one["name"],
            *(shown(one["idle"][key]) for key in ("cpu_s_per_s", "lag_p99_ms", "rows_per_hour")),
            shown(one["rss_before_set_up_mb"]),
        )
        for one in contestants
    ]
    return markdown_table(head, rows)


def _ratios(base: Report, other: Report) -> str:
    compared = [column for column in COLUMNS if column[1] in BUDGETS]
    head = (f"{other['name']} / {base['name']}", *(f"{head} (budget {BUDGETS[key]:g})" for head, key in compared))
    rows = []
    for theirs, ours in zip(base["stages"], other["stages"], strict=True):
        ratios = (shown(ours[key] / theirs[key]) if theirs[key] else None for _, key in compared)
        rows.append((f"{ours['nodes']} nodes", *ratios))
    return markdown_table(head, rows)
