"""`nightjar rules`: what the old if/then rules do."""

from pathlib import Path
from typing import Annotated

import typer

from dagster_project.commands.console import out, print_frame, print_json
from dagster_project.commands.reading import existing_home, open_warehouse

app = typer.Typer(help="The automation rules that ran before Nightjar, and still may.", no_args_is_help=True)

TABLES = ("raw.automation__rule", "raw.automation__rule_fire", "raw.night", "core.outcomes", "identity.emails")

# One row per rule that is known or has fired. Fires of the 30 days before the night; a reply counts once per recipient.
AUDIT = """
with night as (
    select max(run_date) as run_date from raw.night
),
fires as (
    select fire.rule_id, lower(trim(fire.email)) as email, fire.fired_at
    from raw.automation__rule_fire as fire
    cross join night
    where not fire._is_deleted and fire.fired_at < night.run_date and fire.fired_at >= night.run_date - interval 30 day
),
answered as (
    select distinct fires.rule_id, fires.email
    from fires
    join identity.emails as emails on emails.email_normalised = fires.email
    join core.outcomes as outcomes
        on outcomes.contact_id = emails.contact_id and outcomes.outcome = 'reply'
        and outcomes.occurred_at >= fires.fired_at and outcomes.occurred_at < fires.fired_at + interval 7 day
),
fires_by_rule as (
    select rule_id, count(*) as fires_30_days, count(distinct email) as recipients, max(fired_at) as last_fired_at
    from fires group by rule_id
),
answers_by_rule as (
    select rule_id, count(*) as replied_within_7_days from answered group by rule_id
),
rules as (
    select rule_id, name, action, channel, is_active from raw.automation__rule where not _is_deleted
)
select
    coalesce(rules.rule_id, fires_by_rule.rule_id) as rule_id, rules.name, rules.action, rules.channel, rules.is_active,
    coalesce(fires_by_rule.fires_30_days, 0) as fires_30_days,
    coalesce(fires_by_rule.recipients, 0) as recipients,
    coalesce(answers_by_rule.replied_within_7_days, 0) as replied_within_7_days,
    fires_by_rule.last_fired_at
from rules
full join fires_by_rule on fires_by_rule.rule_id = rules.rule_id
left join answers_by_rule on answers_by_rule.rule_id = fires_by_rule.rule_id
order by fires_30_days desc, 1
"""


@app.callback()
def rules() -> None:
    """Keep `audit` a subcommand, though it is the only one."""


@app.command()
def audit(
    home: Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Per old rule: fires in 30 days, recipients, and how many of them replied within 7 days of a fire."""
    with open_warehouse(existing_home(home)) as warehouse:
        frame = warehouse.rows_if(TABLES, AUDIT)
    if as_json:
        print_json(frame.to_dicts())
        return
    print_frame("Rules", frame, empty="no automation/rule or automation/rule_fire in the exports")
    out.print(
        "\nThis isn't causal: it doesn't say that a rule brought the replies. Whoever a rule picks may have replied "
        "anyway; the arms in the report measure effects."
    )
