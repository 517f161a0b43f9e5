{# What known people did. The one place that reads the big event tables, so that each is read once a night. #}
{{ config(materialized='incremental', incremental_strategy='by_event', on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_contact_inputs') }}

with contacts as (
    select contact_id, account_id, {{ is_changed_contact('contact_id', 'is_renewed') }} as is_renewed
    from {{ ref('contacts') }}
    where {{ is_changed_contact('contact_id', 'has_new_activities') }}
),

identifiers as (
    select * from {{ ref('int_identifiers') }}
),

renewed_identifiers as (
    select kind, identifier from identifiers where {{ is_changed_contact('contact_id', 'is_renewed') }}
),

emails as (
    select identifier, contact_id, known_on from identifiers where kind = 'email'
),

users as (
    select identifier, contact_id, known_on from identifiers where kind = 'user'
),

devices as (
    select identifier, contact_id, valid_from, valid_until, known_on from identifiers where kind = 'device'
),

hubspot_contacts as (
    select identifier, contact_id, known_on from identifiers where kind = 'hubspot'
),

salesforce_people as (
    select identifier, contact_id, known_on from identifiers where kind = 'salesforce'
),

email_events as (
    select *, {{ is_new_event() }} as is_new
    from {{ ref('stg_hubspot__email_events') }}
    where event_type in ('OPEN', 'CLICK') and not is_filtered and {{ is_changed_event({'email': 'email'}) }}
),

pages as (
    select *, {{ is_new_event() }} as is_new
    from {{ ref('stg_segment__pages') }}
    where {{ is_changed_event({'user': 'user_id', 'device': 'anonymous_id'}) }}
),

tracks as (
    select *, {{ is_new_event() }} as is_new
    from {{ ref('stg_segment__tracks') }}
    where {{ is_changed_event({'user': 'user_id', 'device': 'anonymous_id'}) }}
),

email_activities as (
    select
        {{ dbt.concat(["'hubspot|email_event|'", "events.event_id"]) }} as activity_id,
        emails.contact_id,
        events.occurred_at,
        case events.event_type when 'CLICK' then 'email_click' else 'email_open' end as activity,
        coalesce(events.url, events.email_campaign_id) as detail,
        'hubspot' as source,
        events.loaded_on,
        emails.known_on as attributed_on,
        events.is_new
    from email_events as events
    inner join emails on events.email = emails.identifier
),

-- an event of a known login is that person's, whoever has the device
page_activities as (
    select
        {{ dbt.concat(["'segment|page|'", "pages.event_id"]) }},
        coalesce(users.contact_id, devices.contact_id),
        pages.occurred_at,
        case
            when {{ regexp_matches("coalesce(pages.path, pages.url)", '(?i)(pricing|preise|tarif|precios|prezzi|prijzen)') }} then 'pricing_view'
            else 'page_view'
        end,
        coalesce(pages.path, pages.url),
        'segment',
        pages.loaded_on,
        case when users.contact_id is not null then users.known_on else devices.known_on end,
        pages.is_new
    from pages
    left join users on pages.user_id = users.identifier
    left join devices
        on pages.anonymous_id = devices.identifier
        and pages.occurred_at between devices.valid_from and devices.valid_until
    where coalesce(users.contact_id, devices.contact_id) is not null
),

track_activities as (
    select
        {{ dbt.concat(["'segment|track|'", "tracks.event_id"]) }},
        coalesce(users.contact_id, devices.contact_id),
        tracks.occurred_at,
        case when lower(tracks.event) like '%webinar%' then 'webinar' else 'product_event' end,
        tracks.event,
        'segment',
        tracks.loaded_on,
        case when users.contact_id is not null then users.known_on else devices.known_on end,
        tracks.is_new
    from tracks
    left join users on tracks.user_id = users.identifier
    left join devices
        on tracks.anonymous_id = devices.identifier
        and tracks.occurred_at between devices.valid_from and devices.valid_until
    where coalesce(users.contact_id, devices.contact_id) is not null
),

form_activities as (
    select
        {{ dbt.concat(["'hubspot|form_submission|'", "forms.record_key"]) }},
        coalesce(hubspot_contacts.contact_id, emails.contact_id),
        forms.occurred_at,
        'form_submission',
        forms.form_id,
        'hubspot',
        forms.loaded_on,
        case when hubspot_contacts.contact_id is not null then hubspot_contacts.known_on else emails.known_on end,
        false
    from {{ ref('stg_hubspot__form_submissions') }} as forms
    left join hubspot_contacts on forms.hubspot_contact_id = hubspot_contacts.identifier
    left join emails on forms.email = emails.identifier
    where coalesce(hubspot_contacts.contact_id, emails.contact_id) is not null
),

crm_activities as (
    select interaction_id, contact_id, occurred_at, interaction, subject, 'salesforce', loaded_on, attributed_on, false
    from {{ ref('int_crm_interactions') }}
    where contact_id is not null
),

webinar_activities as (
    select
        {{ dbt.concat(["'salesforce|campaign_member|'", "members.record_id"]) }},
        people.contact_id,
        cast(members.first_responded_on as {{ dbt.type_timestamp() }}),
        'webinar',
        campaigns.name,
        'salesforce',
        members.loaded_on,
        people.known_on,
        false
    from {{ ref('stg_salesforce__campaign_members') }} as members
    inner join {{ ref('stg_salesforce__campaigns') }} as campaigns on members.campaign_id = campaigns.campaign_id
    inner join salesforce_people as people on coalesce(members.salesforce_contact_id, members.salesforce_lead_id) = people.identifier
    where members.has_responded and campaigns.campaign_type like '%webinar%'
),

unioned as (
    select * from email_activities
    union all
    select * from page_activities
    union all
    select * from track_activities
    union all
    select * from form_activities
    union all
    select * from crm_activities
    union all
    select * from webinar_activities
),

final as (
    select
        unioned.activity_id,
        unioned.contact_id,
        contacts.account_id,
        unioned.occurred_at,
        unioned.activity,
        unioned.detail,
        unioned.source,
        {{ known_on('unioned.loaded_on', 'unioned.attributed_on', 'unioned.occurred_at') }} as known_on
    from unioned
    inner join contacts on unioned.contact_id = contacts.contact_id
    where unioned.occurred_at is not null and (contacts.is_renewed or unioned.is_new)
)

select * from final
