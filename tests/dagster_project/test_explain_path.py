"""The path of a contact: what was done, what came back, what opened by it, and what waits until when, day by day."""

import duckdb

from dagster_project.commands.explain_path import PATH, print_path_step
from dagster_project.commands.reading import WarehouseReader

FACTS = """
create schema raw; create schema core; create schema lifecycle; create schema decisioning;
create table raw.night as select date '2026-03-03' as run_date;
create table raw.policy_action_openings as select * from (values
    ('call', 'outcome', 'reply', 2, 14), ('mail_next', 'action', 'mail', 5, 30), ('gift', 'action', 'visit', 0, 30))
    as t(action_id, opened_by, event, after_days, within_days);
create table core.touches as select * from (values
    ('C1', '2025-01-01', 'mail', 'email'), ('C1', '2026-02-20 10:00', 'mail', 'email'),
    ('C1', '2026-03-01 09:00', null, 'call'),
    ('C2', '2026-03-01', 'mail', 'email')) as t(contact_id, occurred_at, action_id, channel);
alter table core.touches alter occurred_at type timestamp;
alter table core.touches add column direction varchar default 'outbound';
alter table core.touches add column source varchar default 'automation';
create table core.outcomes as select 'C1' as contact_id, 'reply' as outcome, timestamp '2026-02-26 12:00' as occurred_at
    union all select 'C1', 'site_visit', timestamp '2026-02-27';
create table lifecycle.contact_stages as
    select 'C1' as contact_id, 'sal' as stage, 'mql' as previous_stage, timestamp '2026-02-26 12:00' as entered_at;
create table decisioning.held_actions as select 1 as x;
create table decisioning.eligible_actions as select 'C1' as contact_id, * from (values
    ('call', null, null, null), ('mail', 'cool_down', 'last done on 2026-02-20', date '2026-03-07'),
    ('gift', 'sequence', 'opens after visit', null), ('post', 'consent', 'no', null))
    as t(action_id, gate, detail, possible_from);
"""


def test_a_path_tells_what_was_and_what_waits_until_when(capsys) -> None:
    with duckdb.connect() as connection:
        connection.execute(FACTS)
        path = WarehouseReader(connection).section(PATH, contact="C1")
    steps = [(str(row["day"] or ""), row["step"], row["name"]) for row in path.iter_rows(named=True)]
    assert steps == [
        ("2026-02-20", "touch", "mail"),
        ("2026-02-25", "opens", "mail_next"),
        ("2026-02-26", "response", "reply"),
        ("2026-02-26", "stage", "sal"),
        ("2026-02-28", "opens", "call"),
        ("2026-03-01", "touch", "call"),
        ("2026-03-07", "waits", "mail"),
        ("", "waits", "gift"),
    ]
    for row in path.iter_rows(named=True):
        print_path_step(row)
    lines = capsys.readouterr().out.splitlines()
    words = [" ".join(line.split()) for line in lines]
    assert words[4] == "2026-02-28 opens call (after reply, until 2026-03-12)"
    assert words[6] == "2026-03-07 possible mail (cool down: last done on 2026-02-20)"
    assert words[7].startswith("no date possible gift")
