"""The queries behind the checks of the activation tables: one row per key, with flags and counts to be judged."""

TASK_DAYS = 7

# The decisions of the night that may leave. Shadowed and pending ones stay.
RELEASED = """
released as (
    select decisions.*, channels.consent_channel, coalesce(actions.is_seller_action, false) as is_seller_action
    from decisioning.next_best_action as decisions
    left join raw.policy_channels as channels on decisions.channel = channels.channel
    left join raw.policy_actions as actions on decisions.action_id = actions.action_id
    where decisions.action_id is not null
        and decisions.approval_status in ('not_needed', 'approved')
        and decisions.autonomy_mode <> 'shadow'
)"""

MESSAGES_PER_CONTACT = """
messages as (
    select contact_id, cast(count(*) as bigint) as count_messages
    from (
        select contact_id from activation.email_sends
        union all select contact_id from activation.sms_sends
        union all select contact_id from activation.push_sends
        union all select contact_id from activation.direct_mail
        union all select contact_id from activation.crm_tasks
    ) as all_messages
    group by contact_id
)"""

# What a table's rows are addressed by, in terms of core.contacts: an address gets one row a night. To Google an e-mail
# with dots and one without are the same.
ADDRESSES = {
    "email_sends": "email",
    "sms_sends": "phone_e164",
    "ad_audience_members": (
        "coalesce(replace(split_part(email, '@', 1), '.', '') || '@' || split_part(email, '@', 2), phone_e164)"
    ),
}

LOCAL_HOUR = "extract(hour from timezone(judged.recipient_time_zone, timezone('UTC', judged.send_at)))"


def _judged(table: str, belongs: str, on_date: str) -> str:
    """CTEs up to `judged`: one row per row of the table, beside what is known about its decision and its contact.

    `belongs` says which decisions the table is for. A consent counts if it holds on `on_date`, for the channel's kind
    of consent and on a basis that the channel accepts.
    """
    return f"""
    with {RELEASED},
    consents as (
        select distinct consent.contact_id, channels.channel,
            cast(consent.valid_from as date) as valid_from, cast(consent.valid_until as date) as valid_until
        from core.consent as consent
        join raw.policy_channels as channels on consent.channel = channels.consent_channel
        join raw.policy_channel_bases as bases on channels.channel = bases.channel and consent.basis = bases.basis
        where consent.is_contactable
    ),
    judged as (
        select rows.*,
            coalesce(
                decisions.contact_id = rows.contact_id and decisions.action_id = rows.action_id and ({belongs}), false
            ) as is_as_decided,
            coalesce(decisions.arm, '') as arm,
            decisions.channel as decided_channel,
            exists (
                select 1 from core.suppressions
                where suppressions.contact_id = rows.contact_id
                    and suppressions.channel in ('all', decisions.consent_channel)
            ) as is_suppressed,
            exists (
                select 1 from consents
                where consents.contact_id = rows.contact_id and consents.channel = decisions.channel
                    and consents.valid_from <= {on_date} and coalesce(consents.valid_until >= {on_date}, true)
            ) as has_consent
        from activation.{table} as rows
        left join released as decisions on rows.decision_id = decisions.decision_id
    )"""


def sends(table: str, belongs: str) -> str:
    """One row per message that leaves at `send_at`. An address may be suppressed for another contact who has it too."""
    by_address = "false"
    if table == "email_sends":
        by_address = "judged.email in (select email from activation.suppressions where channel in ('all', 'email'))"
    return f"""
    {_judged(table, belongs, "cast(rows.send_at as date)")},
    {MESSAGES_PER_CONTACT}
    select judged.* replace (judged.is_suppressed or {by_address} as is_suppressed),
        messages.count_messages,
        coalesce(judged.send_at >= windows.earliest_send_at and judged.send_at <= windows.latest_send_at
            and cast(judged.send_at as date) = night.run_date, false) as is_within_window,
        coalesce(
            case when channels.quiet_from_hour > channels.quiet_until_hour
                then {LOCAL_HOUR} >= channels.quiet_from_hour or {LOCAL_HOUR} < channels.quiet_until_hour
                else {LOCAL_HOUR} >= channels.quiet_from_hour and {LOCAL_HOUR} < channels.quiet_until_hour
            end, false
        ) as is_in_quiet_hours
    from judged
    cross join raw.night as night
    left join messages on judged.contact_id = messages.contact_id
    left join raw.policy_channels as channels on judged.decided_channel = channels.channel
    left join decisioning.contact_zones as zones on judged.contact_id = zones.contact_id
    left join decisioning.send_windows as windows
        on zones.zone_key = windows.zone_key and judged.decided_channel = windows.channel"""


def dated(table: str, belongs: str) -> str:
    """One row per letter or task, which has a day (`due_on`) rather than an hour."""
    return f"""
    {_judged(table, belongs, "rows.due_on")},
    {MESSAGES_PER_CONTACT}
    select judged.*, messages.count_messages,
        coalesce(
            judged.due_on >= night.run_date and judged.due_on < night.run_date + interval {TASK_DAYS} day, false
        ) as is_due_soon
    from judged
    cross join raw.night as night
    left join messages on judged.contact_id = messages.contact_id"""


def hour_loads(table: str) -> str:
    """One row per channel and hour of messages, of channels with a limit."""
    return f"""
    select decisions.channel || ' ' || date_trunc('hour', sends.send_at) as channel_hour, count(*) as count_messages,
        any_value(channels.hourly_volume) as hourly_volume
    from activation.{table} as sends
    join decisioning.next_best_action as decisions on sends.decision_id = decisions.decision_id
    join raw.policy_channels as channels on decisions.channel = channels.channel
    where channels.hourly_volume is not null
    group by 1"""


OWNER_LOADS = """
select tasks.owner_id, count(*) as count_tasks, coalesce(any_value(reps.capacity), 0) as capacity
from activation.crm_tasks as tasks
inner join raw.policy_actions as actions on tasks.action_id = actions.action_id and actions.is_seller_action
left join decisioning.reps on tasks.owner_id = reps.owner_id
group by tasks.owner_id"""


def audience_members() -> str:
    """One row per audience, contact and platform. Hashes are lower-case SHA-256 or absent, and one of them is there."""
    return f"""
    {_judged("ad_audience_members", "decisions.consent_channel = 'ads'", "(select max(run_date) from raw.night)")}
    select judged.*,
        list_bool_and(
            [coalesce(regexp_full_match(columns('.*_sha256'), '[0-9a-f]{{64}}'), true)]
        ) as are_hashes_well_formed,
        coalesce(email_sha256, phone_sha256) is not null as is_matchable
    from judged"""


def totals(table: str, belongs: str) -> str:
    """One row: the table against the released decisions that belong there, and their channels' limits.

    A decision that has no row is accounted for where the contact has opted out in the meantime, or where the address
    already gets the row of another contact tonight.
    """
    address = ADDRESSES.get(table)
    shared = f"{address} in (select {address} from addressed)" if address else "false"
    return f"""
    with {RELEASED},
    belonging as (select * from released as decisions where {belongs}),
    addressed as (
        select contacts.*
        from activation.{table} as rows
        join core.contacts as contacts on rows.contact_id = contacts.contact_id
    ),
    missing as (
        select belonging.decision_id
        from belonging
        left join core.contacts as contacts on belonging.contact_id = contacts.contact_id
        anti join activation.{table} as rows on belonging.decision_id = rows.decision_id
        where not coalesce(contacts.has_objected, false) and not coalesce({shared}, false) and not exists (
            select 1 from core.suppressions
            where suppressions.contact_id = belonging.contact_id
                and suppressions.channel in ('all', belonging.consent_channel)
        )
    ),
    excess as (
        select
            greatest(count(*) - any_value(channels.daily_volume), 0) as count_above_volume,
            greatest(sum(belonging.cost) - any_value(channels.daily_budget_cents), 0) as cents_above_budget
        from belonging
        left join raw.policy_channels as channels on belonging.channel = channels.channel
        group by belonging.channel
    )
    select
        '{table}' as table_name,
        cast((select count(*) from missing) as bigint) as count_missing,
        cast(coalesce(max(count_above_volume), 0) as bigint) as count_above_volume,
        cast(coalesce(max(cents_above_budget), 0) as double) as cents_above_budget
    from excess"""


ACCOUNT_LOADS = f"""
with {RELEASED}
select released.account_id, count(distinct released.contact_id) as count_contacts,
    any_value(limits.account_daily_cap) as account_daily_cap
from released
cross join raw.policy_limits as limits
where released.account_id is not null
group by released.account_id"""

SUPPRESSIONS = """
select suppression_key, channel, reason,
    coalesce(contact_id, email, phone_e164, case when reason = 'erasure' then suppression_key end) as whom
from activation.suppressions"""

SUPPRESSION_TOTALS = """
select 'suppressions' as table_name, count(*) as count_missing
from core.suppressions as known
anti join activation.suppressions as sent on known.contact_id = sent.contact_id and known.channel = sent.channel"""

EXCLUSION_TOTALS = """
with managed as (
    select decisions.contact_id, contacts.email
    from decisioning.next_best_action as decisions
    join core.contacts as contacts on decisions.contact_id = contacts.contact_id
    where decisions.arm <> 'business_as_usual'
)
select 'automation_exclusions' as table_name,
    (select count(*) - count(distinct exclusion_key) from activation.automation_exclusions) as count_repeated,
    (
        select count(*) from managed
        where email is not null
            and email not in (select identifier from activation.automation_exclusions where kind = 'email')
    ) as count_missing,
    (
        select count(*) from activation.automation_exclusions
        where contact_id not in (select contact_id from managed)
    ) as count_wrong"""

SCORES = """
select scores.contact_id, contacts.contact_id is not null as is_contact,
    scores.is_managed_by_nightjar is distinct from coalesce(scores.arm <> 'business_as_usual', false)
        or scores.arm is distinct from coalesce(decisions.arm, scores.arm) as is_managed_against_its_arm,
    coalesce(contacts.has_objected, false)
        and coalesce(scores.propensities, '{}') not in ('{}', 'null') as is_profiled_after_objection,
    coalesce(regexp_matches(scores.propensities, 'NaN|nan|Infinity|inf'), false) as has_no_number
from activation.contact_scores as scores
left join core.contacts as contacts on scores.contact_id = contacts.contact_id
left join decisioning.next_best_action as decisions on scores.contact_id = decisions.contact_id"""

SCORE_TOTALS = """
select 'contact_scores' as table_name,
    (select count(*) from core.contacts) > 0 and (select count(*) from activation.contact_scores) = 0 as is_lost"""


def fingerprint_totals(tables: tuple[str, ...]) -> str:
    """One row per table: its rows against its fingerprints, and against what was published and what changed since."""
    counted = " union all ".join(
        f"select '{t}' as table_name, count(*) as count_rows from activation.{t}" for t in tables
    )
    return f"""
    with counted as ({counted}),
    fingerprints as (
        select table_name, count(distinct row_key) as count_fingerprints
        from activation.row_fingerprints
        group by table_name
    ),
    published as (select table_name, count(*) as count_published from raw.published_rows group by table_name),
    changed as (
        select table_name, sum(case op when 'added' then 1 when 'removed' then -1 else 0 end) as count_net
        from activation.changes
        group by table_name
    )
    select counted.table_name, counted.count_rows, coalesce(count_fingerprints, 0) as count_fingerprints,
        cast(coalesce(count_published, 0) + coalesce(count_net, 0) as bigint) as count_explained
    from counted
    left join fingerprints on counted.table_name = fingerprints.table_name
    left join published on counted.table_name = published.table_name
    left join changed on counted.table_name = changed.table_name"""


CHANGES = "select table_name || ' ' || row_key as change_key, op from activation.changes"
