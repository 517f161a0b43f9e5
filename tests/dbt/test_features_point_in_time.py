"""Features of a day are the same, byte for byte, whenever they are made: what came to be known later is left out."""

from pathlib import Path

import polars as pl
import pytest

from tests.dbt.known_facts import STAGING, build_known_facts, execute
from tests.dbt.warehouse import dbt_build, query

FIRST_NIGHT, NIGHT, BETWEEN, LATER = "2026-06-14", "2026-06-15", "2026-06-27", "2026-07-15"
SELECTION = f"{STAGING} lifecycle features"
# what the nights find, in the order of their headings
_, MARKET, SOON, THEN = Path(__file__).with_name("feature_market.sql").read_text().split("\n---")
MARKET, SOON, THEN = (f"--{changes}" for changes in (MARKET, SOON, THEN))
TABLES = {
    "contact_features": "contact_id",
    "account_features": "account_id",
    "buying_group_features": "buying_group_id",
}
NOBODY_ELSES = "contact_id not in ('c11', 'c14', 'c15')"


def run_night(home: Path, night: str, changes: str = "") -> None:
    execute(home, f"{changes}; update raw.night set run_date = '{night}'")
    dbt_build(home, SELECTION)


def stored_bytes(home: Path, table: str, where: str = "true") -> bytes:
    """The rows of NIGHT as text, in the order of their key; a double with all its digits."""
    rows = query(
        home, f"select * from features.{table} where as_of_date = '{NIGHT}' and {where} order by {TABLES[table]}"
    )
    return rows.write_csv().encode()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A home after LATER, and what it held of NIGHT on that night (of those who are still there)."""
    home = tmp_path_factory.mktemp("market")
    build_known_facts(home, FIRST_NIGHT, {"experiment__assignment": [ASSIGNMENT]})
    run_night(home, FIRST_NIGHT, MARKET)
    run_night(home, NIGHT)
    then = {
        "contact_features": stored_bytes(home, "contact_features", NOBODY_ELSES),
        "account_features": stored_bytes(home, "account_features", "account_id <> 'a6'"),
        "buying_group_features": stored_bytes(home, "buying_group_features", "account_id <> 'a6'"),
    }
    run_night(home, BETWEEN, SOON)
    run_night(home, LATER, THEN)
    return home, then


# a choice of NIGHT, for which its features are kept
ASSIGNMENT = {"id": "e", "email": "nobody@example.com", "action": "mail", "probability": 0.5,
              "assigned_at": f"{NIGHT} 10:00:00"}  # fmt: skip


def test_features_of_the_day_are_kept(market: tuple[Path, dict[str, bytes]]) -> None:
    home, then = market
    assert {table: stored_bytes(home, table) for table in TABLES} == then


def test_features_made_a_month_later_equal_those_of_the_day(market: tuple[Path, dict[str, bytes]]) -> None:
    home, then = market
    before = {table: query(home, f"select * from features.{table} order by all") for table in TABLES}
    execute(home, *(f"drop table features.{table}" for table in TABLES))
    dbt_build(home, SELECTION)
    for table in TABLES:
        assert stored_bytes(home, table) == then[table]
        assert query(home, f"select * from features.{table} order by all").equals(before[table])


def test_late_rows_are_stated(market: tuple[Path, dict[str, bytes]]) -> None:
    home, _ = market
    late = query(home, f"select * from features.late_rows where as_of_date = '{NIGHT}'")
    counts = {row["kind"]: (row["count_late"], row["count_withdrawn"]) for row in late.iter_rows(named=True)}
    moved = query(home, f"select count(*) from core.touches where contact_id = 'c10' and known_on = '{LATER}'").item()
    assert counts["payment"] == (1, 1)
    assert counts["touch"] == (moved, moved)
    assert sum(counts[kind][0] for kind in ("email_open", "reply", "page_view")) >= 26


def test_what_was_known_adds_up_to_what_is_seen(market: tuple[Path, dict[str, bytes]]) -> None:
    """The sum of a contact's changes is what the core tables say tonight, whatever happened between."""
    seen = query(
        market[0],
        "select contact_id, activity, occurred_on, sum(count_activities)::int as n from core.activity_days"
        " where occurred_on >= date '2026-01-16' group by all order by all",
    )
    known = query(
        market[0],
        "select unit_id, kind, occurred_on, sum(count_change)::int as n from features.day_changes"
        " where occurred_on >= date '2026-01-16' and kind not like 'touch%' and kind not in ('payment', 'feature_used')"
        " group by all having n <> 0 order by all",
    )
    assert known.rows() == seen.rows()
    assert isinstance(known, pl.DataFrame) and known.height > 1000
