"""How `nightjar explain` tells a contact's path: what was done, what came back, what opened, what waits until when."""

from typing import Any

from dagster_project.commands.console import header_of, out
from dagster_project.commands.reading import Section

DAYS, ROWS = 120, 60

# Visits and product use are many and open seldom anything; they show in the features.
PATH = Section(
    "path", f"Path of the last {DAYS} days, and what waits until when",
    (
        "core.touches", "core.outcomes", "lifecycle.contact_stages", "raw.policy_action_openings", "raw.night",
        "decisioning.eligible_actions", "decisioning.held_actions",
    ),
    f"""with touches as (
            select cast(occurred_at as date) as happened_on, action_id, channel, source from core.touches
            where contact_id = $contact and direction = 'outbound'
        ),
        outcomes as (
            select cast(occurred_at as date) as happened_on, outcome from core.outcomes where contact_id = $contact
        ),
        past as (
            select happened_on, 1 as place, 'touch' as step, coalesce(action_id, channel) as name,
                concat_ws(' by ', channel, source) as detail
            from touches
            union all
            select happened_on, 2, 'response', outcome, null from outcomes
            where outcome not in ('site_visit', 'product_event')
            union all
            select cast(entered_at as date), 3, 'stage', stage, 'before: ' || previous_stage
            from lifecycle.contact_stages where contact_id = $contact
            union all
            select openings.after_days + events.happened_on, 4, 'opens', openings.action_id,
                'after ' || event || ', until ' || (openings.within_days + events.happened_on)
            from raw.policy_action_openings as openings
            inner join (
                select happened_on, 'action' as opened_by, action_id as event from touches
                union
                select happened_on, 'outcome', outcome from outcomes
            ) as events using (opened_by, event)
        ),
        kept as (
            select * from past where happened_on >= (select run_date - {DAYS} from raw.night)
            order by happened_on desc, place desc, name limit {ROWS}
        ),
        waiting as (
            select possible_from, 5, 'waits', action_id, replace(gate, '_', ' ') || ': ' || detail
            from decisioning.eligible_actions
            where contact_id = $contact and (possible_from is not null or gate = 'sequence')
        )
        select happened_on as day, step, name, detail
        from (from kept union all from waiting) order by happened_on nulls last, place, name, detail""",
    "nothing happened lately, and nothing waits for a day",
)  # fmt: skip

WORDS = {"touch": "touched", "response": "responded", "stage": "stage", "opens": "opens", "waits": "possible"}


def print_path_step(row: dict[str, Any]) -> None:
    """One line per step; an action that waits for something without a date comes last."""
    day = str(row["day"]) if row["day"] else "no date"
    name = row["name"] if row["step"] != "response" else header_of(row["name"])
    detail = f"  ({row['detail']})" if row["detail"] else ""
    out.print(f"  {day:<11} {WORDS[row['step']]:<10} {name}{detail}", markup=False)
