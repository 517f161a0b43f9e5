"""Tables of events built night by night, only for contacts of whom something is new, are what a full build gives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import polars as pl

from dagster_project.defs.attributions import NEW
from tests.dbt.warehouse import build_raw, dbt_build, query

MODELS = (
    "fqn:stg_segment__pages fqn:stg_segment__tracks fqn:stg_hubspot__email_events fqn:stg_hubspot__form_submissions"
    " fqn:stg_salesforce__tasks fqn:stg_salesforce__events fqn:stg_salesforce__campaigns fqn:stg_billing__invoices"
    " fqn:stg_salesforce__campaign_members fqn:stg_automation__rules fqn:stg_automation__rule_fires"
    " fqn:stg_delivery__results fqn:stg_consent__subscription_statuses fqn:stg_billing__subscriptions"
    " fqn:stg_salesforce__opportunity_contact_roles"
    " fqn:int_identifiers fqn:int_contact_inputs fqn:int_crm_interactions fqn:int_decisions_delivered"
    " fqn:activities fqn:activity_days fqn:touches fqn:touch_days fqn:outcomes fqn:int_contacts_built"
)
TABLES = ("activities", "activity_days", "touches", "touch_days", "outcomes", "int_identifiers")
SEED = 1
HOUR = timedelta(hours=1)
FIRST_NIGHT = date(2026, 5, 1)
PEOPLE = [f"p{number}" for number in range(80)]
# What identity makes, as this test changes it by hand.
IDENTITY = {
    "identity.emails": "email_normalised varchar, contact_id varchar, is_primary boolean",
    "identity.int_contact_records": "source varchar, object varchar, source_id varchar, contact_id varchar",
    "identity.device_periods": "anonymous_id varchar, contact_id varchar, valid_from timestamp, valid_until timestamp",
    "identity.contact_merges": "old_contact_id varchar, contact_id varchar, merged_at timestamp, reason varchar",
    "identity.int_account_keys": "record_key varchar, key varchar",
    "identity.int_billing_customers": "customer_id varchar, email varchar",
    "core.contacts": "contact_id varchar, account_id varchar",
    "core.account_memberships": "contact_id varchar, account_id varchar, valid_until timestamp",
    "core.opportunities": "opportunity_id varchar, account_id varchar, created_at timestamp, closed_at timestamp,"
    " amount_cents bigint, is_won boolean",
}


@dataclass
class Nights:
    """A home whose raw and identity tables change at random from night to night."""

    home: Path
    random: Random
    night: date = FIRST_NIGHT
    count: int = field(default=0)
    attributions: list[pl.DataFrame] = field(default_factory=list)

    def begin(self) -> None:
        rows = {"night": [{"run_date": self.night}], "policy_actions": [{"action_id": "mail", "channel": "email"}]}
        build_raw(self.home, rows)
        self.run(*(f"create table {table} ({columns})" for table, columns in IDENTITY.items()))
        for person in PEOPLE:
            self.run(
                f"insert into core.contacts values ('{person}', 'a{int(person[1:]) % 4}')",
                f"insert into identity.emails values ('{person}@x.com', '{person}', true)",
                f"insert into identity.int_contact_records values ('segment', 'user', 'u{person}', '{person}'),"
                f" ('salesforce', 'contact', 's{person}', '{person}'), ('hubspot', 'contact', 'h{person}', '{person}')",
                f"insert into identity.device_periods values ('d{person}', '{person}', null, null)",
            )
        self.run(
            "insert into raw.automation__rule (rule_id, channel, action, _is_deleted, _loaded_at, _loaded_on)"
            f" values ('r', 'email', 'mail', false, '{self.loaded_at}', '{self.night}')",
            "insert into raw.salesforce__campaign (id, name, type, _is_deleted, _loaded_at, _loaded_on)"
            f" values ('c', 'Webinar', 'Webinar', false, '{self.loaded_at}', '{self.night}')",
        )
        self.arrive(500)

    @property
    def loaded_at(self) -> datetime:
        return datetime.combine(self.night, datetime.min.time()) + timedelta(hours=2)

    def next(self) -> None:
        """The day after: news of all kinds for a few people."""
        self.run(
            "insert into raw.ledger_files select 'x', 'y', cast(run_date as varchar), run_date from raw.night",
            f"update raw.night set run_date = '{self.night + timedelta(days=1)}'",
        )
        self.night += timedelta(days=1)
        self.arrive(12)
        changes: list[Callable[[], None]] = [
            self.merge, self.leave, self.move_account, self.move_email, self.hand_on_device, self.decide,
            self.change_events, self.delete_events,
        ]  # fmt: skip
        for change in self.random.sample(changes, 4):
            change()

    def arrive(self, count: int) -> None:
        events = []
        for _ in range(count):
            self.count += 1
            person, event = self.random.choice(PEOPLE), f"e{self.count}"
            at = self.loaded_at - timedelta(minutes=self.random.choice([200, 215, 230, 400, 1500, 1510, 9000, 40000]))
            events.append(self.event(self.random.randrange(8), event, person, at))
        self.run(*events)

    def event(self, kind: int, event: str, person: str, at: datetime) -> str:
        loaded = f"false, '{self.loaded_at}', '{self.night}'"
        user = f"'u{person}'" if self.random.random() < 0.3 else "null"
        known = "_is_deleted, _loaded_at, _loaded_on)"
        opened = self.random.choice(["OPEN", "CLICK", "SENT", "SENT"])
        status = self.random.choice(["completed", "not started"])
        return (
            f"insert into raw.segment__pages (id, anonymous_id, user_id, timestamp, path, {known}"
            f" values ('{event}', 'd{person}', {user}, '{at}', '/pricing', {loaded})",
            f"insert into raw.segment__pages (id, anonymous_id, user_id, timestamp, path, {known}"
            f" values ('{event}', 'd{person}', {user}, '{at}', '/', {loaded})",
            f"insert into raw.segment__tracks (id, anonymous_id, user_id, timestamp, event, properties, {known}"
            f" values ('{event}', 'd{person}', {user}, '{at}', 'Order Completed', '{{\"total\": 3}}', {loaded})",
            f"insert into raw.hubspot__email_event (id, type, created, recipient, {known}"
            f" values ('{event}', '{opened}', '{at}', '{person}@x.com', {loaded})",
            f"insert into raw.hubspot__form_submission (_key, email, contact_id, timestamp, {known}"
            f" values ('{event}', '{person}@x.com', 'h{person}', '{at}', {loaded})",
            f"insert into raw.salesforce__task (id, who_id, type, status, activity_date, {known}"
            f" values ('{event}', 's{person}', 'Call', '{status}', '{at.date()}', {loaded})",
            f"insert into raw.salesforce__event (id, who_id, subject, start_date_time, {known}"
            f" values ('{event}', 's{person}', 'Meeting', '{at + timedelta(days=2)}', {loaded})",
            f"insert into raw.automation__rule_fire (_key, rule_id, email, fired_at, {known}"
            f" values ('{event}', 'r', '{person}@x.com', '{at}', {loaded})",
        )[kind]

    def live(self) -> str:
        found = query(self.home, "select contact_id from core.contacts order by 1")["contact_id"].to_list()
        return str(self.random.choice(found))

    def merge(self) -> None:
        new, old = self.live(), self.live()
        if new != old:
            self.run(
                f"update identity.{{}} set contact_id = '{new}' where contact_id = '{old}'",
                f"delete from core.contacts where contact_id = '{old}'",
                f"update identity.contact_merges set contact_id = '{new}' where contact_id = '{old}'",
                f"insert into identity.contact_merges values ('{old}', '{new}', '{self.night}', 'rule')",
            )

    def leave(self) -> None:
        self.run(*(f"delete from {table} where contact_id = '{self.live()}'" for table in ("core.contacts",)))

    def move_account(self) -> None:
        self.run(f"update core.contacts set account_id = 'moved' where contact_id = '{self.live()}'")

    def move_email(self) -> None:
        email = f"{self.random.choice(PEOPLE)}@x.com"
        self.run(f"update identity.emails set contact_id = '{self.live()}' where email_normalised = '{email}'")

    def hand_on_device(self) -> None:
        device, at = f"d{self.random.choice(PEOPLE)}", self.loaded_at - timedelta(days=self.random.randrange(9))
        self.run(
            f"update identity.device_periods set valid_until = '{at}'"
            f" where anonymous_id = '{device}' and valid_until is null",
            f"insert into identity.device_periods values"
            f" ('{device}', '{self.live()}', '{at + timedelta(minutes=1)}', null)",
        )

    def decide(self) -> None:
        self.count += 1
        self.run(
            "insert into raw.ledger_decisions (decision_id, run_date, contact_id, action_id, channel, approval_status,"
            f" autonomy_mode) values ('n{self.count}', '{self.night - timedelta(days=1)}', '{self.live()}', 'mail',"
            " 'email', 'not_needed', 'autonomous')"
        )

    def change_events(self) -> None:
        """Rows that become somebody else's, or mean something else."""
        loaded = f"_loaded_at = '{self.loaded_at}', _loaded_on = '{self.night}'"
        email = f"{self.random.choice(PEOPLE)}@x.com"
        self.run(
            f"update raw.hubspot__email_event set recipient = '{email}', {loaded}"
            " where recipient like 'p1%' and hash(id) % 4 = 0",
            f"update raw.hubspot__email_event set type = case type when 'SENT' then 'OPEN' else 'SENT' end, {loaded}"
            " where recipient like 'p5%' and hash(id) % 3 = 0",
            f"update raw.segment__pages set anonymous_id = 'd{self.random.choice(PEOPLE)}', {loaded}"
            " where anonymous_id like 'dp6%' and hash(id) % 3 = 0",
            f"update raw.salesforce__task set status = 'completed', {loaded} where who_id like 'sp2%'",
        )

    def delete_events(self) -> None:
        loaded = f"_is_deleted = true, _loaded_at = '{self.loaded_at}', _loaded_on = '{self.night}'"
        self.run(
            f"update raw.segment__pages set {loaded} where anonymous_id like 'dp3%' and hash(id) % 2 = 0",
            f"update raw.automation__rule_fire set {loaded} where email like 'p4%' and hash(_key) % 2 = 0",
        )

    def change_rule(self) -> None:
        channel = self.random.choice(["email", "call"])
        self.run(
            f"update raw.automation__rule set channel = '{channel}', _loaded_at = '{self.loaded_at + HOUR}'"
            " where rule_id = 'r'"
        )

    def run(self, *statements: str) -> None:
        keyed = ("emails", "int_contact_records", "device_periods")
        with duckdb.connect(str(self.home / "warehouse.duckdb")) as connection:
            for statement in statements:
                for each in [statement.format(table) for table in keyed] if "identity.{}" in statement else [statement]:
                    connection.execute(each)


def contents(home: Path) -> dict[str, list[str]]:
    """Each table as text, ordered."""
    return {table: query(home, f"select * from core.{table} order by all").write_csv().splitlines() for table in TABLES}


def build(home: Path, full_refresh: bool = False) -> None:
    dbt_build(home, MODELS, full_refresh, with_seeds=False)


def lose_tables(nights: Nights) -> None:
    """What is left when the warehouse is lost: the exports, and the ledger."""
    with duckdb.connect(str(nights.home / "warehouse.duckdb")) as connection:
        for table in [*TABLES, "int_contacts_built", "int_contact_inputs"]:
            connection.execute(f"drop table core.{table}")
        connection.register("attributions", pl.concat(nights.attributions).to_arrow())
        connection.execute("insert into raw.ledger_attributions by name select * from attributions")
        for person in PEOPLE:
            connection.execute(f"insert into raw.ledger_contact_keys (contact_id) values ('{person}')")


def test_nights_that_build_what_is_new_give_what_a_full_build_gives(tmp_path: Path) -> None:
    nights = Nights(tmp_path, Random(SEED))
    nights.begin()
    build(tmp_path)
    for _ in range(3):
        nights.next()
        build(tmp_path)
        nights.attributions.append(query(tmp_path, NEW))
        for news in ("is_changed", "is_renewed", "has_new_activities", "has_new_touches"):
            assert 0 < query(tmp_path, f"select avg(cast({news} as integer)) from core.int_contact_inputs").item() < 0.9
    nights.change_rule()
    build(tmp_path)
    incremental = contents(tmp_path)
    build(tmp_path)
    assert contents(tmp_path) == incremental, "the same night twice"
    build(tmp_path, full_refresh=True)
    full = contents(tmp_path)
    assert {table: sorted(set(full[table]) ^ set(incremental[table])) for table in TABLES} == {
        table: [] for table in TABLES
    }
    assert full == incremental
    lose_tables(nights)
    build(tmp_path)
    assert contents(tmp_path) == incremental, "the warehouse made anew"
    assert len(incremental["activities"]) > 200
