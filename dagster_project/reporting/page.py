"""Puts the report together and writes it: one HTML file that needs nothing from outside."""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from scipy.stats import chisquare

from dagster_project.reporting import figures, words
from dagster_project.reporting.contents import ArmCount, Lift, Report
from dagster_project.reporting.deciding_contents import ActionChoice
from dagster_project.reporting.learning_contents import WatchFinding
from dagster_project.reporting.reading import read_report

TEMPLATE = "page.html.jinja"
SAMPLE_RATIO_ALARM = 0.001


def write_report(connection: duckdb.DuckDBPyConnection, home: Path, run_date: date) -> Path:
    """Write `reports/<run_date>.html` of a home, whole or not at all."""
    folder = home / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    path, unfinished = folder / f"{run_date}.html", folder / f".{run_date}.tmp-{os.getpid()}"
    unfinished.write_text(render(read_report(connection, run_date)), encoding="utf-8")
    unfinished.replace(path)
    return path


def render(report: Report) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "count": words.count, "percent": words.percent, "points": words.points, "money": words.money,
        "spaced": words.spaced, "moment": words.moment, "long_date": words.long_date,
        "decimal": words.decimal, "day": words.day, "change": words.change,
    }  # fmt: skip
    return environment.get_template(TEMPLATE).render(
        report=report,
        words=words,
        plots=_plots(report),
        lift_groups=_lift_groups(report.lifts.rows),
        summary=_summary(report).replace("−", "−\u2060"),  # no line break after a minus
        versions=_versions(report),
        ratio=_sample_ratio(report.arms.rows),
        action_totals=_action_totals(report.choices.rows),
        arms=sorted({choice.arm for choice in report.choices.rows}),
    )


def _plots(report: Report) -> dict[str, Markup]:
    """The drawings by name; empty where there are no rows to draw."""
    nights = {row.run_date for row in report.history.rows if row.action != figures.NO_ACTION}
    drawings = {
        "decisions": report.choices and figures.decisions_by_action(report.choices.rows),
        "limits": report.curves and figures.value_of_limits(report.curves.rows),
        "gates": report.gates and figures.gates_funnel(report.gates.rows),
        "uplift": report.actions and figures.uplift_by_action(report.actions.rows),
        "history_contacts": len(nights) > 1 and figures.contacts_over_nights(report.history.rows),
        "history_value": len(nights) > 1 and figures.value_over_nights(report.history.rows),
    }
    return {name: Markup(svg or "") for name, svg in drawings.items()}


def _lift_groups(lifts: Sequence[Lift]) -> list[tuple[str, tuple[Lift, ...], Markup]]:
    """Name, rows and drawing of each metric."""
    groups = [tuple(group) for _, group in groupby(lifts, key=lambda lift: lift.metric)]
    return [(group[0].name, group, Markup(figures.forest(group))) for group in groups]


def _summary(report: Report) -> str:
    """The night in a few sentences: what was done, whether it is proven to bring something, what needs a look."""
    acted = sum(choice.contacts for choice in report.choices.rows)
    waiting = acted - sum(choice.sent for choice in report.choices.rows)
    idle = sum(row.contacts for row in report.no_actions.rows)
    said = f"{words.count(acted)} of {words.count(acted + idle)} contacts get an action tonight"
    said += f", {words.count(waiting)} of them only after approval." if waiting else "."
    return " ".join(each for each in (said, _proof(report.lifts.rows), _watched(report.findings.rows)) if each)


def _proof(lifts: Sequence[Lift]) -> str:
    """Whether the model's accounts did better than the holdout's, in a sentence."""
    main = next((lift for lift in lifts if lift.reference_arm == "holdout"), None)
    if main is None:
        return "Lift can't be told yet: there is no outcome to compare with the holdout."
    units = words.units_of(main)
    brought = f"{units.show(main.difference)} of {main.name.lower()} {units.unit}"
    interval = f"95 % interval {units.show(main.low)} to {units.show(main.high)}"
    if main.verdict == "better":
        return f"Lift over the holdout is proven: {brought} ({interval})."
    if main.verdict == "worse":
        return f"The model does worse than the holdout: {brought} ({interval})."
    return f"Lift over the holdout isn't proven yet: {brought} ({interval}), {words.verdict(main)}."


def _watched(findings: Sequence[WatchFinding]) -> str:
    """What watching the models has stopped or sent to a person, in a sentence; empty for neither."""
    stopped = sorted({each.model for each in findings if each.status == "stop" and each.segment == "all"})
    reviewed = sum(each.status == "review" for each in findings)
    said = [f"{' and '.join(stopped)} {'is' if len(stopped) == 1 else 'are'} not used tonight"] if stopped else []
    said += [f"{reviewed} finding{'s ask' if reviewed > 1 else ' asks'} for a person's look"] if reviewed else []
    return f"Watching the models: {', '.join(said)}." if said else ""


@dataclass(frozen=True)
class _ActionTotal:
    """An action of the night over all arms; contacts by arm."""

    action: str
    by_arm: dict[str, int]
    contacts: int
    sent: int
    expected_value_cents: float
    cost_cents: float


def _action_totals(choices: Sequence[ActionChoice]) -> list[_ActionTotal]:
    """One row per action, the most frequent first."""
    by_action: dict[str, list[ActionChoice]] = defaultdict(list)
    for choice in choices:
        by_action[choice.action].append(choice)
    totals = [
        _ActionTotal(
            action=action,
            by_arm={choice.arm: choice.contacts for choice in rows},
            contacts=sum(choice.contacts for choice in rows),
            sent=sum(choice.sent for choice in rows),
            expected_value_cents=sum(choice.expected_value_cents for choice in rows),
            cost_cents=sum(choice.cost_cents for choice in rows),
        )
        for action, rows in by_action.items()
    ]
    return sorted(totals, key=lambda total: -total.contacts)


def _sample_ratio(arms: Sequence[ArmCount]) -> str:
    """Whether the arms have the sizes that the policy asks for; below 0.001 the split itself is broken."""
    wanted = [arm for arm in arms if arm.wanted_share > 0]
    total = sum(arm.accounts for arm in wanted)
    shares = sum(arm.wanted_share for arm in wanted)
    if not total or len(wanted) < 2:
        return ""
    p = chisquare([arm.accounts for arm in wanted], [total * arm.wanted_share / shares for arm in wanted]).pvalue
    if p < SAMPLE_RATIO_ALARM:
        return f"Sample ratio mismatch (p = {p:.1g}): the arms are not split as the policy says. Don't trust the lift."
    return f"No sample ratio mismatch (p = {p:.2f}): the arms are split as the policy says."


def _versions(report: Report) -> list[str]:
    return sorted({goal.model_version for goal in report.goals.rows if goal.model_version and not goal.is_prior})
