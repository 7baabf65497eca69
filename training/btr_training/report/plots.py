"""The pictures of a report, drawn from the figures of a run folder and nothing else.

Each is an SVG whose colours are the CSS variables of the page, so that it reads in light, in dark and on paper. No
name from the data is ever drawn: those stand in the captions.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..cuts import Cut
from .wording import METHOD_NAMES

# Colours that nothing else has stand for the variables of the page until the drawing is finished.
INK, SOFT, LINE, PANEL = "#010101", "#020202", "#030303", "#040404"
TEMPERATURE, PROBABILITY, RULE, RULES, FUSED = "#050505", "#060606", "#070707", "#080808", "#090909"
VARIABLES: Final = {
    INK: "ink",
    SOFT: "soft",
    LINE: "line",
    PANEL: "panel",
    TEMPERATURE: "temperature",
    PROBABILITY: "probability",
    RULE: "rule",
    RULES: "rules",
    FUSED: "fused",
}
METHOD_COLOURS: Final = {"rule_0.5": RULE, "rules": RULES, "model": PROBABILITY, "fused": FUSED}
METHOD_STYLES: Final[Mapping[str, Any]] = {
    "rule_0.5": (0, (1, 1.5)),
    "rules": (0, (5, 2)),
    "model": (0, (3, 1.5, 1, 1.5)),
    "fused": "-",
}
# The alarm of BTR is a broad band, so that another at the same moment is seen on it.
METHOD_BANDS: Final = {"fused": {"linewidth": 4.0, "alpha": 0.45}}
# name of a landmark: its words, and the side of the line that they stand on
LANDMARKS: Final[Mapping[str, tuple[str, str]]] = {
    "heating": ("+2 K", "right"),
    "onset": ("onset", "left"),
    "60": ("60 °C", "right"),
    "80": ("80 °C", "left"),
    "peak": ("steepest", "right"),
}
STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "btr",
    "text.parse_math": False,
    "path.simplify_threshold": 0.4,
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.facecolor": PANEL,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
}
THRESHOLD: Final = 0.5
LEAD_RANGE_S: Final = (-30.0, 150.0)


def draw_loss(losses: Mapping[str, Sequence[float]]) -> str:
    """Return the training loss over the steps, the final model in full and the folds behind it."""
    with rc_context(STYLE):
        figure, axes = _figure(6.0, 3.2)
        for name, values in losses.items():
            final = name == "final"
            axes.plot(
                range(1, len(values) + 1),
                values,
                color=PROBABILITY if final else RULE,
                linewidth=2.0 if final else 1.0,
                zorder=3 if final else 2,
                marker="o" if len(values) < 30 else None,
                markersize=3,
            )
        axes.set(xlabel="epoch or stage", ylabel="mean loss of the step")
        _legend(axes, [("final model", PROBABILITY, "-"), ("models of the folds", RULE, "-")])
        return _svg(figure, "Training loss by step for the final model and the folds")


def draw_curves(curves: Mapping[str, Sequence[Sequence[float]]]) -> tuple[str, str]:
    """Return the ROC curve and the precision-recall curve."""
    shapes = (
        ("roc", "share of negative windows at or above", "share of positive windows found", "ROC curve"),
        ("pr", "recall", "precision", "Precision against recall"),
    )
    drawn = []
    with rc_context(STYLE):
        for key, x_name, y_name, words in shapes:
            figure, axes = _figure(4.6, 3.6)
            points = np.asarray(curves[key])
            axes.plot(points[:, 0], points[:, 1], color=PROBABILITY, linewidth=2)
            if key == "roc":
                axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=":")
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x_name, ylabel=y_name)
            drawn.append(_svg(figure, f"{words} of the windows, out of fold"))
    return drawn[0], drawn[1]


def draw_reliability(bins: Sequence[Mapping[str, Any]]) -> str:
    """Return observed share against mean probability, with the number of windows in each bin below."""
    filled = [one for one in bins if one["windows"]]
    with rc_context(STYLE):
        figure = Figure(figsize=(4.6, 3.9), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=":")
        predicted, observed = [one["predicted"] for one in filled], [one["observed"] for one in filled]
        upper.plot(predicted, observed, color=PROBABILITY, marker="o", linewidth=1.5)
        upper.axvline(THRESHOLD, color=TEMPERATURE, linewidth=1, linestyle="--")
        upper.set(ylim=(-0.03, 1.03), xlim=(-0.02, 1.02), ylabel="observed share")
        lower.bar(
            [(one["from"] + one["to"]) / 2 for one in filled], [one["windows"] for one in filled], 0.08, color=RULE
        )
        lower.set(yscale="log", ylabel="windows", xlabel="probability of the model")
        lower.yaxis.set_major_formatter(lambda value, _place: f"{value:.0f}")
        return _svg(figure, "Observed share of positive windows against the probability of the model, by tenths")


def draw_leads(leads: Mapping[str, Sequence[float]], landmark: str) -> str:
    """Return one dot per event and method, the median as a bar; what is off the scale sits at its edge as an arrow."""
    low, high = LEAD_RANGE_S
    with rc_context(STYLE):
        figure, axes = _figure(9.0, 0.6 + 0.42 * len(leads))
        for row, (method, values) in enumerate(leads.items()):
            colour = METHOD_COLOURS.get(method, SOFT)
            known = np.asarray(values, dtype=np.float64)
            inside = (known >= low) & (known <= high)
            spread = row + np.linspace(-0.22, 0.22, len(known)) if len(known) > 1 else np.full(len(known), float(row))
            axes.scatter(known[inside], spread[inside], s=22, color=colour, alpha=0.75, linewidths=0, zorder=3)
            axes.scatter(np.full((known < low).sum(), low), spread[known < low], s=32, color=colour, marker="<")
            axes.scatter(np.full((known > high).sum(), high), spread[known > high], s=32, color=colour, marker=">")
            if len(known):
                middle = float(np.clip(np.median(known), low, high))
                axes.plot([middle, middle], [row - 0.36, row + 0.36], color=INK, linewidth=2.4, zorder=4)
        axes.axvline(0.0, color=TEMPERATURE, linewidth=1.2, linestyle="--")
        axes.set_yticks(range(len(leads)), [METHOD_NAMES.get(method, method) for method in leads])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set(xlim=(low - 4, high + 4), ylim=(len(leads) - 0.5, -0.5), xlabel=f"s from the alarm to {landmark}")
        return _svg(figure, f"Lead of each method to {landmark}, one dot for each event")


def draw_cut(cut: Cut) -> str:
    """Return temperature and probability of one stretch with threshold, landmarks and alarms."""
    is_event = "heating" in cut.landmarks
    zero_s = cut.landmarks["heating"] if is_event else min(min(some) for some in cut.alarms.values())
    time_s = cut.time_s - zero_s
    shown = {
        method: [at_s - zero_s for at_s in cut.alarms[method]] for method in METHOD_COLOURS if method in cut.alarms
    }
    what = "the first +2 K" if is_event else "the first alarm"
    with rc_context(STYLE):
        figure = Figure(figsize=(6.0, 4.0), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        upper.plot(time_s, _drawable(cut.temp_c), color=TEMPERATURE, linewidth=1.6)
        lower.plot(time_s, cut.probability, color=PROBABILITY, linewidth=1.4)
        lower.axhline(THRESHOLD, color=INK, linewidth=0.9, linestyle="--")
        for name, at_s in cut.landmarks.items():
            _mark(upper, at_s - zero_s, *LANDMARKS[name])
        for method, times_s in shown.items():
            for at_s in times_s:
                for axes in (upper, lower):
                    axes.axvline(
                        at_s,
                        color=METHOD_COLOURS[method],
                        linestyle=METHOD_STYLES[method],
                        **METHOD_BANDS.get(method, {}),
                    )
        upper.set(ylabel="temperature, °C", xlim=(time_s[0], time_s[-1]))
        lower.set(ylabel="probability", ylim=(-0.04, 1.04), xlabel=f"s from {what}")
        marks = [(f"alarm: {METHOD_NAMES[method]}", METHOD_COLOURS[method], METHOD_STYLES[method]) for method in shown]
        figure.legend(_handles(marks), [label for label, _, _ in marks], loc="outside upper center", ncols=2)
        told = "; ".join(f"{METHOD_NAMES[method]} at {times_s[0]:.1f} s" for method, times_s in shown.items())
        return _svg(figure, f"Temperature and probability around {what}. Alarms: {told or 'none'}")


def _mark(axes: Axes, at_s: float, words: str, side: str) -> None:
    """Draw a landmark, unless it lies outside."""
    low, high = axes.dataLim.intervalx
    if low <= at_s <= high:
        axes.axvline(at_s, color=SOFT, linewidth=0.8)
        across = axes.get_xaxis_transform()
        axes.text(at_s, 0.98, words, transform=across, rotation=90, va="top", ha=side, color=SOFT, size=7)


def _drawable(temp_c: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Leave out what no cell reads, or an open thermocouple flattens the picture."""
    return np.where((temp_c > -100.0) & (temp_c < 900.0), temp_c, np.nan)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _legend(axes: Axes, marks: Sequence[tuple[str, str, Any]]) -> None:
    axes.legend(_handles(marks), [label for label, _, _ in marks])


def _handles(marks: Sequence[tuple[str, str, Any]]) -> list[Line2D]:
    return [Line2D([], [], color=colour, linestyle=style) for _, colour, style in marks]


def _svg(figure: Figure, words: str) -> str:
    """Return the drawing as an element of a page: named, in the page's colours and type, with ids of its own."""
    figure.patch.set_alpha(0.0)
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None})
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s(xmlns(:\w+)?|version)="[^"]*"', "", svg)
    svg = re.sub(r"font: ([^\";]*?)(\d+(?:\.\d+)?px) [^\";]*", r"font: \1\2 system-ui, sans-serif", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg.replace("<svg", f'<svg role="img" aria-label="{words}"', 1)


def with_own_ids(svg: str, number: int) -> str:
    """Return the drawing with ids that no other drawing of the page has."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="p{number}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#p{number}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#p{number}-\1)", svg)
