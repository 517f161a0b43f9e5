"""What some nights came to: who was unified, what was decided, what it brought, what was learnt."""

from dagster_project.commands.console import out, print_frame
from dagster_project.commands.reading import Section, WarehouseReader

SECTIONS = (
    Section(
        "unified", "Unified", ("identity.contact_id_map", "core.contacts", "core.accounts"),
        """select (select count(*) from identity.contact_id_map) as source_records,
                  (select count(*) from core.contacts) as contacts, (select count(*) from core.accounts) as accounts""",
        "nothing yet",
    ),
    Section(
        "decisions", "Decisions, all nights", ("decisioning.decision_log", "raw.night"),
        """select coalesce(action_id, 'none') as action, count(*) as decisions,
                  count(distinct contact_id) as contacts, avg(expected_value) / 100 as mean_expected_dollars,
                  count(case when run_date = (select max(run_date) from raw.night) then 1 end) as last_night
           from decisioning.decision_log group by 1 order by action = 'none', decisions desc""",
        "none",
    ),
    Section(
        "lift", "Lift per account, with its 95 % interval (cents for value)", ("measurement.lift",),
        """select metric, arm, reference_arm as against, n as accounts, reference_n as accounts_against,
                  difference as lift, low, high,
                  case when low > 0 then 'better' when high < 0 then 'worse' else 'not told apart yet' end as verdict
           from measurement.lift order by metric = 'value_cents' desc, metric, arm, reference_arm""",
        "nothing to compare yet: the arms need outcomes after their assignment",
    ),
    Section(
        "evidence", "What the decisions stood on, last night", ("decisioning.action_scores",),
        """select action_id as action, evidence, count(*) as contacts, avg(uplift) as mean_uplift,
                  avg(expected_value_cents) / 100 as mean_expected_dollars
           from decisioning.action_scores group by 1, 2 order by 1, 2""",
        "nothing scored",
    ),
    Section(
        "propensities", "Propensity models, last night", ("decisioning.contact_scores",),
        """select goal_id as goal, case when is_prior then 'prior of the policy' else 'learnt' end as evidence,
                  model_version, avg(propensity) as mean_propensity
           from decisioning.contact_scores group by 1, 2, 3 order by 1""",
        "nothing scored",
    ),
)  # fmt: skip


def print_summary(warehouse: WarehouseReader) -> None:
    """The summary that ends a demo."""
    out.print("\n[bold]Summary[/]")
    for section in SECTIONS:
        print_frame(section.title, warehouse.section(section), empty=section.empty)
