"""What some nights came to: who was unified, what was decided, what it brought, what was learnt. It fits one screen."""

from itertools import groupby

import polars as pl

from dagster_project.commands.console import out, print_frame
from dagster_project.commands.reading import Section, WarehouseReader
from dagster_project.reporting.contents import Lift
from dagster_project.reporting.reading import read_lifts
from dagster_project.reporting.words import spaced, units_of, verdict

UNIFIED = Section(
    "unified", "Unified", ("identity.contact_id_map", "core.contacts", "core.accounts"),
    """select (select count(*) from identity.contact_id_map) as source_records,
              (select count(*) from core.contacts) as contacts, (select count(*) from core.accounts) as accounts""",
    "nothing yet",
)  # fmt: skip
DECISIONS = Section(
    "decisions", "Decisions by action", ("decisioning.decision_log", "raw.night"),
    """select coalesce(action_id, 'none') as action,
              count(case when run_date = (select max(run_date) from raw.night) then 1 end) as last_night,
              count(*) as all_nights, count(distinct contact_id) as contacts,
              case when action_id is not null then avg(expected_value) end as mean_expected_value_cents
       from decisioning.decision_log group by action_id order by action_id is null, all_nights desc""",
    "none",
)  # fmt: skip
GOALS = Section(
    "goals", "What was learnt", ("decisioning.models_in_use",),
    """select coalesce(goal_id, replace(model, 'nightjar-', '')) as goal, status as propensity_by,
              count_outcomes as outcomes_seen, base_rate as mean_propensity, round(auc, 2) as auc
       from decisioning.models_in_use where goal_id is not null order by goal_id""",
    "no goal has a model: the policy's priors speak",
)  # fmt: skip
EFFECTS = Section(
    "effects", "", ("decisioning.action_effects",),
    """select action_id as action, goal_id as goal, evidence, mean, prior_uplift, count_exposures as exposures
       from decisioning.action_effects order by 1, 2""",
    "",
)  # fmt: skip
ARMS = "model: Nightjar chooses; holdout: no marketing; business as usual: the old rules; random control: any action"


def print_summary(warehouse: WarehouseReader, nights: int) -> None:
    """The summary that ends a demo of so many nights."""
    unified = warehouse.section(UNIFIED)
    for records, contacts, accounts in unified.iter_rows():
        out.print(f"\n[bold]Unified[/]  {records:,} source records are {contacts:,} contacts of {accounts:,} accounts")
    print_frame(DECISIONS.title, warehouse.section(DECISIONS), empty=DECISIONS.empty)
    print_lift(warehouse, nights)
    print_frame(GOALS.title, warehouse.section(GOALS), empty=GOALS.empty)
    out.print(f"  {_effects(warehouse.section(EFFECTS))}", markup=False)


def print_lift(warehouse: WarehouseReader, nights: int) -> None:
    """The model arm against each other arm: value, and every goal that has outcomes."""
    lifts = [lift for lift in read_lifts(warehouse.connection).rows if lift.arm == "model"]
    title = "Lift of the model's accounts, since they were assigned"
    print_frame(title, _lift_rows(lifts), empty="nothing to compare yet: no outcome since the arms were assigned")
    sizes = {lift.reference_arm: lift.reference_n for lift in lifts} | {lift.arm: lift.n for lift in lifts}
    if sizes:
        out.print(f"  [dim]Accounts: {', '.join(f'{spaced(arm)} {n:,}' for arm, n in sizes.items())}. {ARMS}.[/]")
    length = f"{nights} nights are" if nights > 1 else "One night is"
    out.print(
        f"  [dim]{length} short: most goals take weeks. The market is simulated: it shows the machinery, no gain.[/]"
    )


def _lift_rows(lifts: list[Lift]) -> pl.DataFrame:
    rows = []
    for _, group in groupby(lifts, key=lambda lift: lift.metric):
        for place, lift in enumerate(group):
            units = units_of(lift)
            interval = f"{units.show(lift.low)} to {units.show(lift.high)}"
            name = "" if place else f"{lift.name}, {units.unit}"
            rows.append((name, spaced(lift.reference_arm), units.show(lift.difference), interval, verdict(lift)))
    return pl.DataFrame(rows, schema=["metric", "against", "lift", "95 % interval", "verdict"], orient="row")


def _effects(effects: pl.DataFrame) -> str:
    """What is known about the actions' effects, in a sentence."""
    learnt = effects.filter(pl.col("evidence") == "model") if effects.height else effects
    if learnt.is_empty():
        return "What actions change: not learnt yet; decided by the policy's priors and by exploration."
    told = [
        f"{row['action']} for {row['goal']} {100 * row['mean']:+.2f} points (prior {100 * row['prior_uplift']:+.2f})"
        for row in learnt.iter_rows(named=True)
    ]
    return f"What actions change, learnt: {'; '.join(told)}. The rest is decided by the policy's priors."
