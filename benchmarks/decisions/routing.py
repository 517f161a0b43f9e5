"""Who acts for whom, and when messages leave: a million contacts in 150,000 accounts, 200 reps; 200,000 messages.

    python -m benchmarks.decisions routing
    python -m benchmarks.decisions.routing [--contacts 1000000]

Four fifths of the accounts have an owner; a twentieth of the reps is away; two teams, three territories, three actions,
one of which one team does alone. Each message wants an hour of its stretch; an hour holds a fourteenth of all.
"""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import typer
from rich.table import Table

from benchmarks.decisions.printing import console
from benchmarks.meter import Meter
from benchmarks.paths import write_result
from models.hourly_volumes import share_hours
from models.routing import RoutingRules, route

NIGHT = date(2026, 3, 2)
REPS, MESSAGES = 200, 200_000
TERRITORIES = {"dach": "DACH", "france": "France", "us": "United States"}
TEXT = pl.String


def main(contacts: int = 1_000_000) -> None:
    """Run the study and write its result."""
    console.print(f"written: {write_result('decisions_routing', run('', contacts))}")


def run(_peers_python: str, contacts: int = 1_000_000) -> dict[str, Any]:
    """Route and spread once each; seconds and what came of it."""
    rng = np.random.default_rng(0)
    people, reps, rules = made_up_people(rng, contacts), made_up_reps(), made_up_rules()
    with Meter() as meter:
        owners = route(people, reps, rules)
        meter.mark("routing")
    first = rng.integers(6, 12, MESSAGES)
    last = first + rng.integers(3, 11, MESSAGES)
    wanted = np.minimum(first + rng.integers(0, 3, MESSAGES), last)
    with Meter() as meter_of_hours:
        hours = share_hours(first, last, wanted, MESSAGES // 14)
        meter_of_hours.mark("spreading")
    routing, spreading = meter.stages()["routing"], meter_of_hours.stages()["spreading"]
    calls = owners.filter(action_id="visit").join(people.select("contact_id", "account_id"), on="contact_id")
    split = calls.group_by("account_id").agg(pl.col("owner_id").drop_nulls().n_unique()).filter(pl.col("owner_id") > 1)
    found = {
        "contacts": contacts,
        "routing_cpu_seconds": routing.cpu_seconds,
        "routing_wall_seconds": routing.wall_seconds,
        "routing_peak_mb": routing.peak_mb,
        "share_without_owner": owners["owner_id"].null_count() / len(owners),
        "accounts_with_two_owners": split.height,
        "messages": MESSAGES,
        "spreading_cpu_seconds": spreading.cpu_seconds,
        "share_moved": float((hours != wanted).mean()),
        "mean_hours_moved": float(np.abs(hours - wanted).mean()),
    }
    table = Table("", "figure")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), f"{value:,.3f}" if isinstance(value, float) else f"{value:,}")
    console.print(table)
    return found


def made_up_people(rng: np.random.Generator, count: int) -> pl.DataFrame:
    """One row per contact, as `models.routing.route` takes them."""
    accounts = max(count * 15 // 100, 1)
    account, owner = rng.integers(0, accounts, count), rng.integers(-REPS // 4, REPS, accounts)
    territory = rng.integers(0, 4, accounts)[account]
    names, countries = np.array([*TERRITORIES, ""]), np.array(["DE", "FR", "US", "JP"])
    return pl.DataFrame(
        {
            "contact_id": [f"c_{number:020d}" for number in range(count)],
            "account_id": [f"a_{number}" for number in account],
            "account_owner_id": [f"o{rep}" if rep >= 0 else None for rep in owner[account]],
            "contact_owner_id": pl.Series([None] * count, dtype=TEXT),
            "previous_owner_id": pl.Series([None] * count, dtype=TEXT),
            "country_code": countries[territory],
            "territories": names[territory],
        }
    )


def made_up_reps() -> pl.DataFrame:
    """One row per rep."""
    names = [*TERRITORIES, ""]
    return pl.DataFrame(
        {
            "owner_id": [f"o{number}" for number in range(REPS)],
            "name": [f"Rep {number}" for number in range(REPS)],
            "absence": ["is away until 2026-03-09" if number % 20 == 0 else None for number in range(REPS)],
            "capacity": [8] * REPS,
            "territories": [names[number % 4] for number in range(REPS)],
            "skills": [""] * REPS,
            "teams": [("sdr", "ae")[number // 4 % 2] for number in range(REPS)],
        }
    )


def made_up_rules() -> RoutingRules:
    """Two teams; discovery calls are done by one of them alone."""
    return RoutingRules(
        owner_order=("account_owner", "contact_owner"),
        actions=pl.DataFrame({"action_id": ["call", "executive", "visit"], "name": ["Call", "Executive", "Visit"]}),
        territories=TERRITORIES,
        teams=pl.DataFrame({"team": ["sdr", "ae"], "name": ["SDR", "AE"]}),
        team_actions=pl.DataFrame({"team": ["sdr"], "action_id": ["call"]}),
        skills_needed=pl.DataFrame(schema={"skill": TEXT, "territory": TEXT, "action_id": TEXT}),
        night=NIGHT,
    )


if __name__ == "__main__":
    typer.run(main)
