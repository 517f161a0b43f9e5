"""The report's plots, as inline SVG in one style. Text stays text, so that it is sharp and can be searched."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dagster_project.reporting.contents import Lift, NightCount
from dagster_project.reporting.deciding_contents import ActionChoice, GateCount, LimitCurvePoint
from dagster_project.reporting.learning_contents import ActionEvidence
from dagster_project.reporting.words import gate_order, spaced, units_of

INK, MUTED, GRID = "#1d2536", "#6b7690", "#e3e7ef"
ARM_COLOURS = {
    "model": "#2f5d9b",
    "random_control": "#e09f3e",
    "business_as_usual": "#8d99ae",
    "holdout": "#c2c9d6",
}
PALETTE = ("#2f5d9b", "#e09f3e", "#3a9188", "#b5556b", "#7a6bb0", "#8d99ae", "#5aa0c8", "#a3823b")
POSITIVE, NEGATIVE, UNCLEAR = "#3a9188", "#b5556b", "#8d99ae"
NO_ACTION = "No action"
WIDTH = 6.2  # inches, of 72 points: the page scales it to its column
STYLE = {
    "font.size": 10,
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "xtick.bottom": False,
    "ytick.left": False,
    "grid.color": GRID,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


@contextmanager
def _figure(name: str, height: float) -> Iterator["_Drawing"]:
    """A figure in the report's style; afterwards `svg` of the yielded drawing holds its text."""
    with mpl.rc_context(STYLE | {"svg.hashsalt": name}):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        drawing = _Drawing(figure, figure.subplots())
        yield drawing
        drawing.finish(name)


class _Drawing:
    def __init__(self, figure: Figure, axes: Axes) -> None:
        self.figure, self.axes, self.svg = figure, axes, ""

    def finish(self, name: str) -> None:
        out = StringIO()
        self.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        svg = out.getvalue()
        svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
        svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
        svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r'\1 role="img"', svg, count=1)
        # ids are per document, and the page has several drawings
        self.svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)


def decisions_by_action(choices: Sequence[ActionChoice]) -> str:
    """Contacts per action, stacked by the arm that chose it."""
    totals: dict[str, int] = defaultdict(int)
    for choice in choices:
        totals[choice.action] += choice.contacts
    names = sorted(totals, key=lambda name: totals[name])
    arms = [arm for arm in ARM_COLOURS if any(choice.arm == arm for choice in choices)]
    with _figure("decisions", 0.7 + 0.36 * len(names)) as drawing:
        axes, left = drawing.axes, dict.fromkeys(names, 0)
        for arm in arms:
            widths = {choice.action: choice.contacts for choice in choices if choice.arm == arm}
            values = [widths.get(name, 0) for name in names]
            axes.barh(names, values, left=list(left.values()), color=ARM_COLOURS[arm], label=spaced(arm), height=0.62)
            left = {name: left[name] + value for name, value in zip(names, values, strict=True)}
        for name in names:
            axes.annotate(f"{totals[name]:,}", (totals[name], name), (5, 0), textcoords="offset points", va="center")
        _count_axis(axes, max(totals.values()))
        axes.legend(loc="lower right", fontsize=9)
    return drawing.svg


def value_of_limits(points: Sequence[LimitCurvePoint]) -> str:
    """What tonight would bring more or less with more or less of each binding limit."""
    names = list(dict.fromkeys(point.limit for point in points))
    with _figure("limits", 2.6) as drawing:
        axes = drawing.axes
        for name, colour in zip(names, PALETTE, strict=False):
            mine = [point for point in points if point.limit == name]
            gains = [point.gain_cents / 100 for point in mine]
            axes.plot(
                [100 * point.capacity_share for point in mine], gains, "o-", color=colour, label=name, markersize=4
            )
        axes.axhline(0, color=GRID, linewidth=1)
        axes.axvline(100, color=GRID, linewidth=1, linestyle=(0, (3, 3)))
        axes.grid(axis="y")
        axes.set_xlabel("% of tonight’s limit", fontsize=9)
        axes.set_ylabel("value of the night, $ more", fontsize=9)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.legend(loc="lower right", fontsize=9)
    return drawing.svg


def gates_funnel(gates: Sequence[GateCount]) -> str:
    """Pairs of contact and action that remain after each gate; pale is what the gate took away."""
    lost: dict[str, int] = defaultdict(int)
    for gate in gates:
        lost[gate.gate] += gate.contacts
    remaining = sum(lost.values())
    rows = [("all pairs", remaining, 0)]
    for name in gate_order(list(lost)):
        remaining -= lost[name]
        rows.append((spaced(name), remaining, lost[name]))
    rows.reverse()
    with _figure("gates", 0.5 + 0.34 * len(rows)) as drawing:
        axes = drawing.axes
        names = [name for name, *_ in rows]
        axes.barh(names, [kept for _, kept, _ in rows], color=PALETTE[0], height=0.62)
        axes.barh(names, [gone for *_, gone in rows], left=[kept for _, kept, _ in rows], color="#d6e0ee", height=0.62)
        for name, kept, gone in rows:
            label = f"{kept:,}" + (f" (−{gone:,})" if gone else "")
            axes.annotate(label, (kept + gone, name), (5, 0), textcoords="offset points", va="center", fontsize=9)
        _count_axis(axes, rows[-1][1], room=1.32)
    return drawing.svg


def forest(lifts: Sequence[Lift]) -> str:
    """One metric: the difference of each pair of arms with its 95 % interval; grey where nothing can be told."""
    units = units_of(lifts[0])
    rows = list(reversed(lifts))
    with _figure(f"lift-{lifts[0].metric}", 0.75 + 0.42 * len(rows)) as drawing:
        axes = drawing.axes
        for place, lift in enumerate(rows):
            colour = {"better": POSITIVE, "worse": NEGATIVE}.get(lift.verdict, UNCLEAR)
            low, middle, high = (units.factor * value for value in (lift.low, lift.difference, lift.high))
            axes.plot([low, high], [place, place], color=colour, linewidth=3, solid_capstyle="round")
            axes.plot(middle, place, "o", color=colour, markersize=8, markeredgecolor="white", markeredgewidth=1.5)
        axes.axvline(0, color=INK, linewidth=1, linestyle=(0, (3, 3)))
        names = [f"against\n{spaced(lift.reference_arm)}" for lift in rows]
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.tick_params(axis="y", labelsize=9)
        axes.grid(axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(f"difference {units.unit}{', $' if units.symbol else ''}", fontsize=9)
    return drawing.svg


def uplift_by_action(actions: Sequence[ActionEvidence]) -> str:
    """Mean estimated effect per action, in percentage points; hollow where it is the policy's prior."""
    rows = sorted(actions, key=lambda action: action.mean_uplift)
    with _figure("uplift", 0.75 + 0.36 * len(rows)) as drawing:
        axes = drawing.axes
        for place, action in enumerate(rows):
            is_model = action.evidence == "model"
            middle, spread = 100 * action.mean_uplift, 196 * (action.mean_standard_error or 0)
            axes.plot([middle - spread, middle + spread], [place, place], color="#a9bcd6", linewidth=3)
            axes.plot(
                middle, place, "o", markersize=8, color=PALETTE[0] if is_model else "white",
                markeredgecolor=PALETTE[0], markeredgewidth=1.6,
            )  # fmt: skip
        axes.axvline(0, color=INK, linewidth=1, linestyle=(0, (3, 3)))
        axes.set_yticks(range(len(rows)), [action.action for action in rows])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.grid(axis="x")
        axes.set_xlabel("percentage points of the goal's probability, ± 1.96 standard errors", fontsize=9)
    return drawing.svg


def contacts_over_nights(history: Sequence[NightCount]) -> str:
    """Contacts per night and action, without those that got none."""
    totals: dict[str, dict] = defaultdict(lambda: defaultdict(int))
    for row in history:
        if row.action != NO_ACTION:
            totals[row.action][row.run_date] += row.contacts
    return _lines("history-contacts", totals, [row.run_date for row in history])


def value_over_nights(history: Sequence[NightCount]) -> str:
    """Expected value of the night's decisions, in dollars, by arm."""
    totals: dict[str, dict] = defaultdict(lambda: defaultdict(float))
    for row in history:
        if row.action != NO_ACTION:
            totals[spaced(row.arm)][row.run_date] += row.expected_value_cents / 100
    return _lines("history-value", totals, [row.run_date for row in history])


def _lines(name: str, totals: dict[str, dict], days: Iterable) -> str:
    nights = sorted(set(days))
    with _figure(name, 2.9) as drawing:
        axes = drawing.axes
        order = sorted(totals, key=lambda key: -sum(totals[key].values()))
        for colour, key in zip(PALETTE * 3, order, strict=False):
            values = [totals[key].get(night, 0) for night in nights]
            axes.plot(range(len(nights)), values, color=colour, linewidth=2, marker="o", markersize=4, label=key)
        every = max(1, len(nights) // 6)
        axes.set_xticks(range(0, len(nights), every), [f"{night.day} {night:%b}" for night in nights[::every]])
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.tick_params(axis="y", labelcolor=MUTED)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        drawing.figure.legend(loc="outside lower left", ncols=3, fontsize=9)
    return drawing.svg


def _count_axis(axes: Axes, most: float, room: float = 1.12) -> None:
    axes.set_xlim(0, max(most, 1) * room)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
