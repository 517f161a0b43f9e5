"""`nightjar explain CONTACT`: who this is, what was decided tonight and why, and what was not allowed."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from dagster_project.commands.console import CommandError, out, print_frame, print_json, text_of
from dagster_project.commands.reading import Section, WarehouseReader, existing_home, open_warehouse

CONTACT_BY_ID = "select contact_id from core.contacts where contact_id = $word"
CONTACT_BY_EMAIL = "select distinct contact_id from identity.emails where email_normalised = lower($word) order by 1"
CONTACT_BY_MAIN_EMAIL = "select contact_id from core.contacts where lower(email) = lower($word) order by 1"
CONTACT_BY_OLD_ID = "select contact_id from identity.contact_merges where old_contact_id = $word"
LOOKUPS = (
    ("core.contacts", CONTACT_BY_ID),
    ("identity.emails", CONTACT_BY_EMAIL),
    ("core.contacts", CONTACT_BY_MAIN_EMAIL),
    ("identity.contact_merges", CONTACT_BY_OLD_ID),
)

SECTIONS = (
    Section(
        "contact", "Contact", ("core.contacts", "core.accounts"),
        """select c.contact_id, c.first_name, c.last_name, c.email, c.title, c.job_level, c.job_function,
                  c.country_code, c.time_zone, c.owner_id, c.account_id, a.name as account, c.has_objected
           from core.contacts as c left join core.accounts as a on a.account_id = c.account_id
           where c.contact_id = $contact""",
        "not in core.contacts",
    ),
    Section(
        "stages", "Stages, newest first", ("lifecycle.contact_stages",),
        """select stage, entered_at, left_at from lifecycle.contact_stages where contact_id = $contact
           order by left_at is null desc, entered_at desc""",
        "no stage yet",
    ),
    Section(
        "records", "Records joined into this contact, and by which rule", ("identity.contact_id_map",),
        """select source, object, source_id, match_rule, match_score from identity.contact_id_map
           where contact_id = $contact order by source, object, source_id""",
        "none",
    ),
    Section(
        "consent", "Consent", ("core.consent",),
        """select channel, basis, is_contactable, valid_from, valid_until, source, evidence from core.consent
           where contact_id = $contact order by channel""",
        "none recorded: no contact on any channel",
    ),
    Section(
        "suppressions", "Suppressions", ("core.suppressions",),
        """select channel, reason, suppressed_at from core.suppressions where contact_id = $contact order by channel""",
        "none",
    ),
    Section(
        "decision", "Tonight's decision", ("decisioning.next_best_action",),
        "select * from decisioning.next_best_action where contact_id = $contact",
        "no decision tonight",
    ),
    Section(
        "actions", "Every action", ("decisioning.eligible_actions", "decisioning.action_scores"),
        """select e.action_id, e.is_eligible, e.gate, e.detail, s.goal_id, s.propensity, s.uplift,
                  s.uplift_standard_error, s.expected_value_cents, s.evidence
           from decisioning.eligible_actions as e
           left join decisioning.action_scores as s on s.contact_id = e.contact_id and s.action_id = e.action_id
           where e.contact_id = $contact
           order by e.is_eligible desc, s.expected_value_cents desc nulls last, e.action_id""",
        "none",
    ),
    Section(
        "propensities", "Propensity by goal, without any action", ("decisioning.contact_scores",),
        """select goal_id, propensity, value_cents, is_prior, model_version from decisioning.contact_scores
           where contact_id = $contact order by goal_id""",
        "not scored tonight",
    ),
    Section(
        "history", "Decisions of the last 20 nights", ("decisioning.decision_log",),
        """select run_date, arm, action_id, action_probability, expected_value, approval_status, no_action_gate,
                  model_version
           from decisioning.decision_log where contact_id = $contact order by run_date desc limit 20""",
        "none",
    ),
)  # fmt: skip


def explain(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="A contact_id or an e-mail address.")],
    home: Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain one contact: its records, stage, consent, tonight's decision, and what stood against each action."""
    with open_warehouse(existing_home(home)) as warehouse:
        contact_id = find_contact(warehouse, contact)
        found = {s.name: warehouse.section(s, contact=contact_id) for s in SECTIONS}
    if as_json:
        print_json({name: frame.to_dicts() for name, frame in found.items()})
        return
    for section in SECTIONS:
        if section.name in ("contact", "decision"):
            _print_record(section, found[section.name])
        else:
            print_frame(section.title, found[section.name], empty=section.empty)


def find_contact(warehouse: WarehouseReader, word: str) -> str:
    """The contact of an id (also one that was merged away) or an e-mail address.

    Raises:
        CommandError: nobody, or several people, answer to it.
    """
    for table, sql in LOOKUPS:
        found = warehouse.rows_if((table,), sql, word=word.strip())
        if found.height > 1:
            raise CommandError(
                f"{word} belongs to several contacts: {', '.join(found['contact_id'])}. Name one of these ids."
            )
        if found.height:
            return str(found["contact_id"][0])
    raise CommandError(
        f"no contact {word!r} in the warehouse. Role and shared mailboxes (info@, sales@) aren't contacts; a new "
        "address is known after the next night."
    )


def _print_record(section: Section, frame: pl.DataFrame) -> None:
    """A single row, one line per value, without what is null."""
    out.print(f"\n[bold]{section.title}[/]")
    if frame.is_empty():
        out.print(f"  [dim]{section.empty}[/]")
    for row in frame.iter_rows(named=True):
        for name, value in row.items():
            if value is not None:
                out.print(f"  {name.replace('_', ' '):<22} {text_of(value)}", markup=False)
