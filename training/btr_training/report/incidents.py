"""The sections that show single events and single false alarms."""

from collections.abc import Mapping
from typing import Any, Final

from ..cuts import Cut
from .document import BAD, Block, Cell, Gallery, Picture, Section, Text, table
from .plots import draw_cut
from .results import NO_RECORDINGS
from .source import Source
from .wording import METHOD_NAMES, NONE, cause, family, seconds

KINDS: Final = {"quiet": "quiet recording", "early": "long before an event", "nuisance": "nuisance suite"}


def events(source: Source) -> Section:
    """Return every event as a row and as a picture, and the misses of every method."""
    if not source.has_recordings:
        return Section("Events", (Text(NO_RECORDINGS),))
    results = source.metrics["events"]
    columns = [method for method in ("rule_0.5", "rules", "model", "fused") if method in results]
    rows = []
    for place, fused in enumerate(results["fused"]):
        told = [results[method][place] for method in columns]
        rows.append(
            (
                fused["name"],
                fused["experiment"],
                *(_lead(result, "lead_60_s") for result in told),
                *(_lead(results[method][place], "lead_peak_s") for method in ("rules", "fused")),
                cause(fused["cause"]) if fused["cause"] else Cell("missed", BAD),
            )
        )
    head = (
        "recording",
        "experiment",
        *(f"to 60 °C, {METHOD_NAMES[method]}" for method in columns),
        "to the steepest rise, rules",
        "fused",
        "cause, fused",
    )
    blocks: list[Block] = [
        table(head, rows, "Lead in s; a dash: the recording never reached it, or there was no alarm."),
        _misses(source.metrics["misses"]),
        Gallery(tuple(Picture(draw_cut(cut), _event_caption(cut)) for cut in source.cuts if cut.kind == "event")),
    ]
    return Section("Events", tuple(blocks))


def _lead(result: Mapping[str, Any], key: str) -> Cell:
    return Cell(seconds(result[key])) if result["raised"] else Cell("missed", BAD)


def _misses(misses: list[dict[str, str]]) -> Block:
    if not misses:
        return Text("No method missed an event.")
    rows = [(METHOD_NAMES[miss["method"]], miss["trace"], miss["experiment"]) for miss in misses]
    return table(("method", "missed", "experiment"), rows, "Misses")


def _event_caption(cut: Cut) -> str:
    return f"{cut.trace} ({cut.experiment}). {_outside(cut)}Dashed in the lower half: the alarm threshold."


def _outside(cut: Cut) -> str:
    """Return in words the alarms that the stretch cannot hold."""
    last_s = cut.start_s + (len(cut.temp_c) - 1) * 0.5
    missing = [
        f"{METHOD_NAMES[method]} {seconds(cut.start_s - times_s[0])} s before the picture"
        for method, times_s in cut.alarms.items()
        if times_s and times_s[0] < cut.start_s
    ]
    missing += [
        f"{METHOD_NAMES[method]} {seconds(times_s[0] - last_s)} s after the picture"
        for method, times_s in cut.alarms.items()
        if times_s and times_s[0] > last_s
    ]
    return f"Not shown: {'; '.join(missing)}. " if missing else ""


def false_alarms(source: Source) -> Section:
    """Return every false alarm of rules, model and fused, as a row and, as far as kept, as a picture."""
    listed = source.metrics["false_alarms"]
    if not listed:
        return Section("False alarms", (Text("Rules, model and fused raised no alarm that they should not have."),))
    incidents: dict[tuple[str, str, int | None, str], dict[str, list[dict[str, Any]]]] = {}
    for one in listed:
        at = "" if one["cut"] is not None else f"{one['time_s']:.0f}"
        key = (one["kind"], one["trace"], one["cut"], at)
        incidents.setdefault(key, {}).setdefault(one["method"], []).append(one)
    rows = [
        (
            KINDS[kind],
            family(trace) if kind == "nuisance" else trace,
            f"{min(one['time_s'] for some in by_method.values() for one in some):.1f}",
            *(_raised(by_method.get(method)) for method in ("rules", "model", "fused")),
        )
        for (kind, trace, _, _), by_method in incidents.items()
    ]
    head = ("where", "trace", "at, s", *(METHOD_NAMES[method] for method in ("rules", "model", "fused")))
    pictures = tuple(Picture(draw_cut(cut), _false_caption(cut)) for cut in source.cuts if cut.kind in KINDS)
    left = sum(cut is None for _, _, cut, _ in incidents)
    text = (
        "Alarms of rules, model and fused where nothing ran away; those within minutes of each other share a line. "
        "Neighbours of a runaway are not among them: an alarm there is right."
    )
    more = (Text(f"{left} more are listed above without a picture."),) if left else ()
    return Section("False alarms", (Text(text), table(head, rows), Gallery(pictures), *more))


def _false_caption(cut: Cut) -> str:
    name = family(cut.trace) if cut.kind == "nuisance" else cut.trace
    return f"{KINDS[cut.kind]}: {name}, at {min(min(some) for some in cut.alarms.values()):.1f} s."


def _raised(alarms: list[dict[str, Any]] | None) -> str:
    if not alarms:
        return NONE
    causes = ", ".join(dict.fromkeys(cause(one["cause"]) for one in alarms))
    return f"{len(alarms)} ({causes})"
