"""The features of a day are the same, byte for byte, whenever they are made: what came to be known later is left out."""

from pathlib import Path

import polars as pl
import pytest

from tests.dbt.known_facts import STAGING, build_known_facts, execute
from tests.dbt.warehouse import dbt_build, query

FIRST_NIGHT, NIGHT, BETWEEN, LATER = "2026-06-14", "2026-06-15", "2026-06-27", "2026-07-15"
SELECTION = f"{STAGING} fqn:activity_days fqn:touch_days lifecycle features"
KINDS = (
    "['email_open', 'email_click', 'page_view', 'pricing_view', 'form_submission', 'product_event', 'webinar', 'reply',"
    " 'meeting']"
)
# A market of 120 contacts of 24 accounts, by arithmetic: the same at each run, and irregular enough.
MARKET = (
    "insert into core.accounts by name select 'a' || i as account_id, timestamp '2025-01-01' + to_days(cast(i as int)) as"
    " created_at, ['software', 'retail'][1 + i % 2] as industry, i * 7 as count_employees from range(24) as t(i)",
    "insert into core.contacts by name select 'c' || i as contact_id, case when i % 10 <> 9 then 'a' || i % 24 end as"
    " account_id, timestamp '2026-01-01' + to_days(cast(i as int)) as created_at, ['vp', 'manager'][1 + i % 2] as job_level,"
    " 'DE' as country_code, false as has_objected, '{\"plan\": \"' || i % 3 || '\"}' as traits from range(120) as t(i)",
    f"insert into core.activities by name select 'v' || i as activity_id, 'c' || (i * 37) % 120 as contact_id,"
    f" timestamp '2026-01-05' + to_hours(cast((i * 131) % 4000 as int)) as occurred_at, {KINDS}[1 + i % 9] as activity,"
    " 'f' || i % 5 as detail, cast(timestamp '2026-01-05' + to_hours(cast((i * 131) % 4000 as int)) as date) as known_on"
    " from range(1500) as t(i)",
    "insert into core.touches by name select 't' || i as touch_id, 'c' || (i * 53) % 120 as contact_id,"
    " timestamp '2026-02-05' + to_hours(cast((i * 71) % 3200 as int)) as occurred_at, ['email', 'call', 'ads'][1 + i % 3] as"
    " channel, 'outbound' as direction,"
    " cast(timestamp '2026-02-05' + to_hours(cast((i * 71) % 3200 as int)) as date) as known_on from range(500) as t(i)",
    "insert into core.opportunities by name select 'o' || i as opportunity_id, 'a' || (i * 5) % 24 as account_id,"
    " timestamp '2026-03-01' + to_days(cast(i * 2 as int)) as created_at, false as is_closed, false as is_won"
    " from range(40) as t(i)",
    "insert into core.outcomes by name select 'p' || i as outcome_id, 'c' || i as contact_id, (select account_id from"
    " core.contacts where contact_id = 'c' || i) as account_id, 'invoice_paid' as outcome,"
    " timestamp '2026-03-01' + to_days(cast(i * 3 as int)) as occurred_at, i * 100 as value_cents from range(60) as t(i)",
)
# what is known of the past only after NIGHT
SOON = (
    "update core.contacts set job_level = 'c_level', traits = '{}' where contact_id in ('c1', 'c2', 'c3')",
    "update core.contacts set account_id = 'a5' where contact_id in ('c4', 'c28')",
    "update core.accounts set industry = 'banking', count_employees = 1 where account_id in ('a1', 'a7')",
    "insert into core.contacts by name select 'new' || i as contact_id, 'a' || i as account_id, timestamp '2026-02-02' as"
    " created_at, false as has_objected, '{}' as traits from range(9) as t(i)",
    # late: of known contacts, and visits of devices that are known now
    f"insert into core.activities by name select 'late' || i as activity_id, 'c' || i % 30 as contact_id,"
    f" timestamp '2026-05-20' + to_hours(cast(i * 7 as int)) as occurred_at, {KINDS}[1 + i % 9] as activity,"
    f" date '{BETWEEN}' as known_on from range(80) as t(i)",
    "update core.opportunities set is_closed = true, is_won = true, closed_at = '2026-06-10' where opportunity_id in"
    " ('o3', 'o4', 'o5')",
    "update core.opportunities set account_id = 'a9' where opportunity_id = 'o8'",
    "insert into core.outcomes by name select 'late' as outcome_id, 'c7' as contact_id, 'a7' as account_id,"
    " 'invoice_paid' as outcome, timestamp '2026-06-01' as occurred_at, 5000 as value_cents",
    "delete from core.outcomes where outcome_id = 'p8'",
)
THEN = (
    # c11 was c10, all along; c13's visits were in part another's; c14 is gone, c15 objects
    f"update core.activities set contact_id = 'c10', known_on = '{LATER}' where contact_id = 'c11'",
    f"update core.touches set contact_id = 'c10', known_on = '{LATER}' where contact_id = 'c11'",
    "insert into core.contacts by name select 'split' as contact_id, 'a13' as account_id, timestamp '2026-01-14' as"
    " created_at, false as has_objected, '{}' as traits",
    f"update core.activities set contact_id = 'split', known_on = '{LATER}' where contact_id = 'c13' and detail < 'f3'",
    "delete from core.activities where contact_id = 'c14'",
    "delete from core.contacts where contact_id in ('c11', 'c14')",
    "update core.contacts set has_objected = true where contact_id = 'c15'",
    # a6 was a12
    "update core.contacts set account_id = 'a12' where account_id = 'a6'",
    "update core.opportunities set account_id = 'a12' where account_id = 'a6'",
    "delete from core.accounts where account_id = 'a6'",
    f"insert into core.activities by name select 'after' || i as activity_id, 'c' || i % 120 as contact_id,"
    f" timestamp '2026-06-15' + to_hours(cast(i as int)) as occurred_at, {KINDS}[1 + i % 9] as activity,"
    f" date '{LATER}' as known_on from range(600) as t(i)",
)
TABLES = {"contact_features": "contact_id", "account_features": "account_id"}
NOBODY_ELSES = "contact_id not in ('c11', 'c14', 'c15')"


def run_night(home: Path, night: str, *changes: str) -> None:
    execute(home, *changes, f"update raw.night set run_date = '{night}'")
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
    run_night(home, FIRST_NIGHT, *MARKET)
    run_night(home, NIGHT)
    then = {
        "contact_features": stored_bytes(home, "contact_features", NOBODY_ELSES),
        "account_features": stored_bytes(home, "account_features", "account_id <> 'a6'"),
    }
    run_night(home, BETWEEN, *SOON)
    run_night(home, LATER, *THEN)
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
    execute(home, "drop table features.contact_features", "drop table features.account_features")
    dbt_build(home, SELECTION)
    for table in TABLES:
        assert stored_bytes(home, table) == then[table]
        assert query(home, f"select * from features.{table} order by all").equals(before[table])


def test_late_rows_are_stated(market: tuple[Path, dict[str, bytes]]) -> None:
    late = query(market[0], f"select kind, count_late, count_withdrawn from features.late_rows where as_of_date = '{NIGHT}'")
    counts = {kind: (count_late, count_withdrawn) for kind, count_late, count_withdrawn in late.rows()}
    moved = query(market[0], "select count(*) from core.touches where contact_id = 'c10' and known_on = '2026-07-15'").item()
    assert counts["payment"] == (1, 1)
    assert counts["touch"] == (moved, moved)
    assert sum(count for kind, (count, _) in counts.items() if kind not in ("payment", "touch", "session", "feature_used")) > 80


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
