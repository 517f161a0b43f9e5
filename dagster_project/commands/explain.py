"""`nightjar explain CONTACT`: who this is, what was decided tonight and why, and what was not allowed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dagster_project.commands.console import CommandError, cell_of, header_of, out, print_frame, print_json
from dagster_project.commands.explain_decision import print_decision
from dagster_project.commands.explain_models import exact_parts, print_parts
from dagster_project.commands.explain_path import PATH, print_path_step
from dagster_project.commands.reading import Section, WarehouseReader, existing_home, open_warehouse
from dagster_project.commands.record_paths import find_path, print_path
from dagster_project.reporting.words import money, points

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
        "fit", "Fit of the account with the ideal customer", ("decisioning.account_fit", "core.contacts"),
        """select account_fit as fit_of_100, reasons from decisioning.account_fit
           where account_id = (select account_id from core.contacts where contact_id = $contact)""",
        "the policy says of no ideal customer, or the contact has no account",
    ),
    Section(
        "stages", "Stages, newest first", ("lifecycle.contact_stages",),
        """select stage, entered_at, left_at from lifecycle.contact_stages where contact_id = $contact
           order by left_at is null desc, entered_at desc""",
        "no stage yet",
    ),
    Section(
        "records", "Records joined into this contact, and the strongest edge that joins each",
        ("identity.contact_id_map", "identity.edges"),
        """with records as (
               select *, source || '|' || object || '|' || source_id as record
               from identity.contact_id_map where contact_id = $contact
           ),
           ends as (
               select *, left_record as record, right_record as other from identity.edges where not is_cut
               union all
               select *, right_record, left_record from identity.edges where not is_cut
           ),
           strongest as (
               select * from ends where record in (select record from records)
               qualify row_number() over (
                   partition by record order by is_fact desc, match_score desc, match_rule, left_record, right_record
               ) = 1
           )
           select records.source, records.object, records.source_id, records.match_rule, records.match_score,
                  strongest.other as joined_to, strongest.evidence
           from records left join strongest on records.record = strongest.record
           order by records.source, records.object, records.source_id""",
        "none",
    ),
    Section(
        "cut_edges", "Edges that were cut, so that others don't join this contact",
        ("identity.contact_id_map", "identity.edges"),
        """with records as (
               select source || '|' || object || '|' || source_id as record
               from identity.contact_id_map where contact_id = $contact
           )
           select left_record, right_record, match_rule, match_score, evidence, cut_reason from identity.edges
           where is_cut and (left_record in (from records) or right_record in (from records))
           order by match_score desc, left_record, right_record, match_rule""",
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
        """select e.* exclude (contact_id), s.goal_id, s.propensity, s.uplift,
                  s.uplift_standard_error, s.expected_value_cents, s.evidence, s.response_ratio
           from decisioning.eligible_actions as e
           left join decisioning.action_scores as s on s.contact_id = e.contact_id and s.action_id = e.action_id
           where e.contact_id = $contact
           order by e.is_eligible desc, s.expected_value_cents desc nulls last, e.action_id""",
        "none",
    ),
    Section(
        "owners", "Who acts where an owner is needed", ("decisioning.action_owners", "decisioning.reps"),
        """select owners.action_id, coalesce(reps.name, 'nobody') as owner, coalesce(reason, detail) as why,
                  reps.capacity
           from decisioning.action_owners as owners
           left join decisioning.reps as reps on owners.owner_id = reps.owner_id
           where owners.contact_id = $contact order by owners.action_id""",
        "no action needs an owner",
    ),
    Section(
        "propensities", "Propensity by goal, without any action", ("decisioning.contact_scores",),
        """select goal_id, propensity, value_cents, is_prior, model_version from decisioning.contact_scores
           where contact_id = $contact order by goal_id""",
        "not scored tonight",
    ),
    Section(
        "history", "Decisions of the last 20 nights, also under ids that were merged into this one",
        ("decisioning.decision_log", "identity.contact_merges"),
        """select run_date, arm, action_id, action_probability, expected_value as expected_value_cents,
                  approval_status, no_action_gate
           from decisioning.decision_log
           where contact_id = $contact
               or contact_id in (select old_contact_id from identity.contact_merges where contact_id = $contact)
           order by run_date desc, contact_id limit 20""",
        "none",
    ),
    PATH,
)  # fmt: skip


def explain(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="A contact_id or an e-mail address.")],
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="RECORD RECORD",
            help="Show only the path of edges between two records, each source/object/id or the id alone.",
        ),
    ] = None,
    home: Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain one contact: its records, stage, consent, tonight's decision, and what stood against each action."""
    with open_warehouse(existing_home(home)) as warehouse:
        contact_id = find_contact(warehouse, contact)
        if between:
            path = find_path(warehouse, contact_id, *between)
            print_json(path.as_json()) if as_json else print_path(path)
            return
        found = {s.name: warehouse.section(s, contact=contact_id) for s in SECTIONS}
        effects, goals, absence = exact_parts(warehouse, existing_home(home), contact_id)
    if as_json:
        parts = {"effect_parts": effects, "propensity_parts": goals}
        print_json({name: frame.to_dicts() for name, frame in (found | parts).items()})
        return
    for section in SECTIONS:
        frame = found[section.name]
        if frame.is_empty() or section.name not in PRINTERS:
            print_frame(section.title, frame, empty=section.empty)
            continue
        out.print(f"\n[bold]{section.title}[/]")
        for row in frame.iter_rows(named=True):
            PRINTERS[section.name](row)
    print_parts(
        "What makes an action do more or less for this contact, exactly, in points of its goal", effects, absence
    )
    print_parts("What makes a goal likelier or not, whatever is done, in points", goals, absence)


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


def _print_contact(row: dict[str, Any]) -> None:
    for name, value in row.items():
        if value is not None:
            out.print(f"  {header_of(name):<14} {cell_of(name, value)}", markup=False)


def _print_action(row: dict[str, Any]) -> None:
    """One line per action: what it would bring, or what stands against it."""
    if row["is_eligible"]:
        effect = (
            f"{points(row['uplift'])} ± {points(row['uplift_standard_error']).removeprefix('+')} for {row['goal_id']}"
        )
        text = f"allowed; {effect}, worth {money(row['expected_value_cents'])} ({row['evidence']})"
        if row.get("response_ratio") is not None:
            text += f"; responds {row['response_ratio']:.1f} times as often as others"
        text = text if row["uplift"] is not None else "allowed; not scored"
    else:
        until = f"; possible from {row['possible_from']}" if row.get("possible_from") else ""
        text = f"not allowed ({header_of(row['gate'])}): {row['detail']}{until}"
    out.print(f"  {row['action_id']:<22} {text}", markup=False)


PRINTERS = {"contact": _print_contact, "decision": print_decision, "actions": _print_action, "path": print_path_step}
