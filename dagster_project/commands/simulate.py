"""`nightjar policy simulate`: what another policy would have done on the last night of a home."""

import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from dagster_project.commands.console import out, print_frame, print_json
from dagster_project.commands.reading import existing_home
from dagster_project.reporting.words import money
from dagster_project.settings import DEFAULT_POLICY_DIR
from policy.loading import load_policy

# Of the tables that are wider than a terminal.
SHOWN = {
    "actions": ("action_id", *(f"{name}_{side}" for name in ("decisions", "waiting") for side in ("now", "then")),
                *(f"{name}_{side}_cents" for name in ("value", "cost") for side in ("now", "then"))),
}  # fmt: skip
TITLES = {
    "changes": ("Whose decision changes", "nobody's"),
    "actions": ("Decisions by action, now and then", "none"),
    "channels": ("Decisions by channel, now and then", "none"),
    "no_actions": ("Why there is no action", "everybody gets one"),
    "gates": ("Gates that let other contacts through", "every gate lets the same number through"),
    "logged_choices": (
        "How often goals would have been reached, by logged choices of earlier nights",
        "no choice is old enough that its outcome is known",
    ),
    "prices": ("What one more unit of a limit would bring", "no limit binds in either"),
}


def simulate(
    policy: Annotated[
        Path, typer.Option("--policy", envvar="NIGHTJAR_POLICY", help="Folder of the other policy's YAML files.")
    ] = DEFAULT_POLICY_DIR,
    home: Annotated[Path | None, typer.Option("--home", help="A home; nothing in it changes.")] = None,
    nights: Annotated[
        int, typer.Option(min=1, help="Nights back of which logged choices tell what the policy would have brought.")
    ] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a policy would have done on the last night of a home, beside what was done.

    The night is decided again on a copy, with the same data, models and draws. Of the nights before it, whose outcomes
    are known, logged choices tell how often each goal would have been reached.
    """
    folder = existing_home(home)
    version = load_policy(policy).version
    # These take seconds to import; `--help` shouldn't.
    from dagster_project.replaying import replay_rule  # noqa: PLC0415
    from dagster_project.simulating import read_outcome, simulate_night  # noqa: PLC0415
    from models.simulation import compare_nights  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="nightjar-simulate-") as copy:
        now = read_outcome(folder)
        then = simulate_night(folder, policy, Path(copy))
        brought = replay_rule(Path(copy), policy, nights)
    found = compare_nights(now, then)
    frames: dict[str, pl.DataFrame] = {each.name: getattr(found, each.name) for each in fields(found)}
    frames["logged_choices"] = brought
    night, before = now.decisions.select("run_date", "policy_version").row(0)
    if as_json:
        print_json({"run_date": night, "policy_now": before, "policy_then": version,
                    **{name: frame.to_dicts() for name, frame in frames.items()}})  # fmt: skip
        return
    out.print(f"[bold]Night of {night}[/]: policy {before} as it was, {version} as it would have been")
    for name, (title, empty) in TITLES.items():
        print_frame(title, frames[name], SHOWN.get(name), empty=empty)
    totals = found.channels.select(pl.all().exclude("channel").sum()).row(0, named=True)
    for side in ("now", "then"):
        worth, cost = money(totals[f"value_{side}_cents"]), money(totals[f"cost_{side}_cents"])
        out.print(f"Together {side}: {totals[f'decisions_{side}']:,} decisions, worth {worth} for {cost}", markup=False)
