{# Of whom something is new since the tables of events were built from last: what names them in events, their account, a decision
   that left, or an event, be it new, changed or deleted. A build that didn't come to its end is done again. #}
{{ config(materialized='incremental', incremental_strategy='whole') }}

{%- set built = contacts_built() -%}
{%- set activities = load_relation(api.Relation.create(database=this.database, schema=this.schema, identifier='activities')) -%}
{%- set touches = load_relation(api.Relation.create(database=this.database, schema=this.schema, identifier='touches')) -%}

{%- set new_events = {
    'pages': ref('stg_segment__pages'), 'tracks': ref('stg_segment__tracks'), 'email_events': ref('stg_hubspot__email_events'),
    'forms': ref('stg_hubspot__form_submissions'), 'tasks': ref('stg_salesforce__tasks'),
    'rule_fires': ref('stg_automation__rule_fires'), 'changed_rules': ref('stg_automation__rules')
} -%}
-- depends_on: {{ ref('stg_salesforce__events') }}, {{ ref('stg_salesforce__campaign_members') }}, {{ ref('stg_salesforce__campaigns') }}

with identifiers as (
    select * from {{ ref('int_identifiers') }}
),

night as (
    select
        {{ run_date() }} as run_date,
        (select bit_xor({{ fingerprint(['action_id']) }}) from {{ source('raw', 'policy_actions') }}) as actions_fingerprint
),

fingerprints as (
    select contact_id, {{ fingerprint(['kind', 'identifier', 'valid_from', 'valid_until', 'known_on']) }} as fingerprint
    from identifiers
    union all
    select contacts.contact_id, {{ fingerprint(["'account'", 'contacts.account_id', 'night.actions_fingerprint']) }}
    from {{ ref('contacts') }} as contacts
    cross join night
    union all
    select contact_id, {{ fingerprint(["'decision'", 'decision_id', 'occurred_at', 'channel', 'action_id']) }}
    from {{ ref('int_decisions_delivered') }}
),

contacts as (
    select contact_id, cast(bit_xor(fingerprint) as varchar) as fingerprint
    from fingerprints
    group by contact_id
),

raw_rows as (
    {% for object, (prefix, key) in event_objects().items() -%}
    select {{ dbt.concat(["'" ~ prefix ~ "'", key]) }} as event_key, _loaded_at as loaded_at
    from {{ source('raw', object) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor -%}
),

loads as (
    select greatest(
        {% for object in event_objects().keys() | list + ['salesforce__campaign', 'automation__rule'] -%}
        (select max(_loaded_at) from {{ source('raw', object) }}){{ ', ' if not loop.last }}
        {% endfor -%}
    ) as loaded_until
),

{% if built is none -%}
changed as (
    select contact_id, 'all' as news from contacts
),
{%- else -%}
built as (
    select * from {{ built }}
),

last_build as (
    select
        coalesce(max(loaded_until), cast('1900-01-01' as {{ dbt.type_timestamp() }})) as loaded_until,
        coalesce(max(run_date), cast('1900-01-01' as date)) as run_date,
        max(changed_at) as changed_at
    from built
),

{% for events, staged in new_events.items() -%}
{{ events }} as (
    select * from {{ staged }} where loaded_at > (select loaded_until from last_build)
),

{% endfor -%}
events as (
    select * from {{ ref('stg_salesforce__events') }}
),

members as (
    select members.*, campaigns.loaded_at as campaign_loaded_at
    from {{ ref('stg_salesforce__campaign_members') }} as members
    left join {{ ref('stg_salesforce__campaigns') }} as campaigns on members.campaign_id = campaigns.campaign_id
),

-- what is new with each: their activities, their touches, or both and more
named as (
    select 'email' as kind, email as identifier, occurred_at, case event_type when 'SENT' then 'touches' else 'activities' end as news
    from email_events
    union all
    select 'email', email, occurred_at, 'all' from forms
    union all
    select 'hubspot', hubspot_contact_id, occurred_at, 'all' from forms
    union all
    select 'user', user_id, occurred_at, 'activities' from pages
    union all
    select 'device', anonymous_id, occurred_at, 'activities' from pages
    union all
    select 'user', user_id, occurred_at, 'activities' from tracks
    union all
    select 'device', anonymous_id, occurred_at, 'activities' from tracks
    union all
    select 'salesforce', who_id, occurred_at, 'all' from tasks
    union all
    -- a meeting that was planned is a fact once its day is over
    select 'salesforce', events.who_id, events.occurred_at, 'all'
    from events
    cross join last_build
    cross join night
    where
        events.loaded_at > last_build.loaded_until
        or cast(events.occurred_at as date) between least(last_build.run_date, night.run_date) and greatest(last_build.run_date, night.run_date)
    union all
    select 'salesforce', coalesce(salesforce_contact_id, salesforce_lead_id), cast(first_responded_on as {{ dbt.type_timestamp() }}), 'all'
    from members
    where greatest(loaded_at, campaign_loaded_at) > (select loaded_until from last_build)
    union all
    select 'email', email, fired_at, 'touches' from rule_fires
    union all
    select 'email', fires.email, fires.fired_at, 'touches'
    from {{ ref('stg_automation__rule_fires') }} as fires
    inner join changed_rules on fires.rule_id = changed_rules.rule_id
),

-- a row that changed or was deleted may have been somebody else's
loaded_keys as (
    select event_key from raw_rows where loaded_at > (select loaded_until from last_build)
),

changed as (
    select identifiers.contact_id, named.news
    from named
    inner join identifiers
        on named.kind = identifiers.kind
        and named.identifier = identifiers.identifier
        and (named.occurred_at is null or named.occurred_at between identifiers.valid_from and identifiers.valid_until)
    {% if activities is not none -%}
    union
    select contact_id, case when {{ is_made_row_by_row('activity_id') }} then 'activities' else 'all' end
    from {{ activities }}
    where activity_id in (select event_key from loaded_keys)
    {% endif -%}
    {% if touches is not none -%}
    union
    select contact_id, 'touches' from {{ touches }} where touch_id in (select event_key from loaded_keys)
    {% endif -%}
    union
    select coalesce(contacts.contact_id, built.contact_id), 'all'
    from contacts
    full outer join built on contacts.contact_id = built.contact_id
    where contacts.contact_id is null or built.contact_id is null or contacts.fingerprint <> built.fingerprint
    {% if is_incremental() -%}
    union
    select contact_id, 'all' from {{ this }} where is_changed and changed_at > (select changed_at from last_build)
    {%- endif %}
),
{%- endif %}

news as (
    select
        contact_id,
        max(case when news = 'all' then 1 else 0 end) as count_all,
        max(case when news = 'activities' then 1 else 0 end) as count_activities,
        max(case when news = 'touches' then 1 else 0 end) as count_touches
    from changed
    group by contact_id
),

final as (
    select
        coalesce(contacts.contact_id, news.contact_id) as contact_id,
        contacts.fingerprint,
        news.contact_id is not null as is_changed,
        coalesce(news.count_all, 0) > 0 as is_renewed,
        coalesce(news.count_all + news.count_activities, 0) > 0 as has_new_activities,
        coalesce(news.count_all + news.count_touches, 0) > 0 as has_new_touches,
        loads.loaded_until,
        night.run_date,
        cast('{{ run_started_at }}' as {{ dbt.type_timestamp() }}) as changed_at
    from contacts
    full outer join news on contacts.contact_id = news.contact_id
    cross join loads
    cross join night
)

select * from final
