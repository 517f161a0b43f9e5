"""Who is who: against public data with truth, against the simulated market, and whether keys stay as they are.

    python -m benchmarks.identity [--people 46000] [--seeds 7 --seeds 8 --seeds 9] [--scale]

Prints tables and writes benchmarks/results/identity.json. About a quarter of an hour on two cores; --scale makes a
market of a million source records besides (some minutes more, 8 GB).
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from benchmarks.identity.agreement import Agreement
from benchmarks.identity.keys import count_changed_keys
from benchmarks.identity.market import MarketResult, judge_market
from benchmarks.identity.people import judge_people, read_people
from benchmarks.identity.printing import console, show_agreements
from benchmarks.identity.scale import ScaleNight, measure_scale
from benchmarks.identity.tutorial import TUTORIAL_THRESHOLD, run_tutorial
from benchmarks.paths import DATA_DIR, write_result

PUBLIC = {"fake_1000": "cluster", "fake_20000": "group"}
COLUMNS = {"first_name": "first_name", "last_name": "surname", "birth_date": "dob", "city": "city", "email": "email"}


def main(
    people: Annotated[int, typer.Option(help="People of the simulated market; 46,000 have 100,000 records.")] = 46_000,
    seeds: Annotated[list[int] | None, typer.Option(help="Seeds of the market (default: 7, 8, 9).")] = None,
    scale: Annotated[bool, typer.Option(help="Also a million records and ten million events.")] = False,
    scale_exports: Annotated[Path | None, typer.Option(help="With --scale: read these exports.")] = None,
    mistakes: Annotated[Path | None, typer.Option(help="Folder for the records in wrong groups (CSV).")] = None,
) -> None:
    """Run the studies and write their result."""
    result: dict[str, object] = {name: judge_public(name, truth) for name, truth in PUBLIC.items()}
    markets = []
    for seed in seeds or [7, 8, 9]:
        console.print(f"market of {people:,} people, seed {seed}")
        market = judge_market(people, seed)
        show_market(market)
        markets.append(as_json(market))
        if mistakes:
            mistakes.mkdir(parents=True, exist_ok=True)
            market.mistakes.write_csv(mistakes / f"seed_{seed}.csv")
    result["markets"] = markets
    console.print("keys that change without a cause")
    result["changed_keys"] = changed = count_changed_keys(max(people // 10, 500), 7)
    for name, count in changed.items():
        console.print(f"  {name:44}{count:>9,}")
    if scale:
        nights = measure_scale(7, exports=scale_exports)
        show_scale(nights)
        result["scale"] = [{**asdict(n), "identity_to_features": asdict(n.identity_to_features)} for n in nights]
    console.print(f"written: {write_result('identity', result)}")


def judge_public(name: str, truth_column: str) -> dict[str, dict[str, float]]:
    """Nightjar and Splink alone on the same file: figures by who made the groups."""
    people = read_people(DATA_DIR / "identity_splink" / f"{name}.csv.gz")
    judged = judge_people(people, truth_column, COLUMNS, "salesforce/contact")
    rows: dict[str, tuple[Agreement, float]] = {"nightjar": (judged.agreement, judged.seconds)}
    for blocking, run in run_tutorial(people, truth_column).items():
        for threshold, kind in ((TUTORIAL_THRESHOLD, "as written"), (run.best_threshold, "best by truth")):
            rows[f"splink, {blocking}, {threshold:g} ({kind})"] = (run.by_threshold[threshold], run.seconds)
    show_agreements(f"{name}: nightjar {judged.seconds:.0f} s", {key: each for key, (each, _) in rows.items()})
    return {key: {**each.as_row(), "seconds": seconds} for key, (each, seconds) in rows.items()}


def show_market(market: MarketResult) -> None:
    """Print a market's tables."""
    show_agreements(
        f"seed {market.seed}, {market.seconds:.0f} s",
        {"all records": market.all_records, **market.by_system, **market.companies},
    )
    show_agreements("pairs that touch a record with this kind of mess", market.by_mess)
    shared, given = market.shared_devices
    console.print(f"devices of several people: {shared}, given to one of them: {given}")
    console.print(f"sizes of people (true): {market.sizes['true']}")
    console.print(f"sizes of contacts (found): {market.sizes['found']}")


def as_json(market: MarketResult) -> dict[str, object]:
    """A market's figures without its list of mistakes."""
    groups = {"all records": market.all_records, **market.by_system, **market.by_mess, **market.companies}
    return {
        "seed": market.seed,
        "seconds": market.seconds,
        "agreement": {name: each.as_row() for name, each in groups.items()},
        "shared_devices": market.shared_devices,
        "sizes": market.sizes,
        "records_in_wrong_groups": market.mistakes.select(pl.len()).item(),
    }


def show_scale(nights: list[ScaleNight]) -> None:
    """Print seconds and memory by stage."""
    for night in nights:
        table = Table(title=f"{night.night}: {night.count_source_records:,} records, {night.count_events:,} events")
        for column in ("stage", "wall s", "CPU s", "peak MB"):
            table.add_column(column, justify="left" if column == "stage" else "right")
        for stage, use in {**night.stages, "identity to features": night.identity_to_features}.items():
            table.add_row(stage, f"{use.wall_seconds:.1f}", f"{use.cpu_seconds:.1f}", f"{use.peak_mb:,.0f}")
        console.print(table)


if __name__ == "__main__":
    typer.run(main)
