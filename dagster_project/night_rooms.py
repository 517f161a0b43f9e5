"""What the caps of contact policy over several days leave for tonight, read from the warehouse."""

from dagster_project.resources.warehouse import Warehouse
from models.night_room import Rooms

CAPS = """
    select name from raw.policy_contact_rules
    where counts = 'touches' and pause_days is null and per in ('account', 'buying_group')"""
# A day counts as a whole, as in decisioning.contact_pauses. Where as many are left as there are people, nothing binds;
# where none is left, the gates have held back all but priority actions.
ROOMS = f"""
    with rules as (select * from raw.policy_contact_rules where name in ({CAPS})),
    members as (
        select 'account' as per, '' as part, contact_id, account_id as entity_id from core.contacts
        where account_id is not null
        union all
        select 'buying_group', offering_id, contact_id, buying_group_id from core.buying_group_members
    ),
    counted as (
        select rules.name, members.entity_id, count(*) as count_touches
        from core.touches as touches
        inner join rules on touches.occurred_at >= (select run_date from raw.night) - to_days(rules.within_days)
        inner join members on rules.per = members.per and touches.contact_id = members.contact_id
        where touches.direction = 'outbound' and (
            (rules.name, touches.channel) in (select (name, channel) from raw.policy_contact_rule_channels)
            or rules.name not in (select name from raw.policy_contact_rule_channels)
        )
        group by 1, 2
    )
    select rules.name as rule, members.part, members.contact_id, members.entity_id,
        cast(rules.at_least - coalesce(counted.count_touches, 0) as bigint) as count_left
    from members
    inner join rules on members.per = rules.per
    left join counted on rules.name = counted.name and members.entity_id = counted.entity_id
    qualify count_left > 0 and count_left < count(*) over (partition by rules.name, members.entity_id)
    order by all"""
ACTIONS = f"""
    select held.name as rule, held.action_id
    from raw.policy_contact_rule_actions as held
    inner join raw.policy_actions as actions on held.action_id = actions.action_id
    where held.name in ({CAPS}) and (
        held.name not in (select name from raw.policy_contact_rule_channels)
        or (held.name, actions.channel) in (select (name, channel) from raw.policy_contact_rule_channels)
    )
    order by all"""


def read_rooms(warehouse: Warehouse) -> Rooms:
    """What the rules leave; nothing is read where no rule asks."""
    if warehouse.query(CAPS).is_empty():
        return Rooms()
    return Rooms(warehouse.query(ROOMS), warehouse.query(ACTIONS))
