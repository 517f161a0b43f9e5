{# What known people did. The one place that reads the big event tables, so that each is read once a night. #}
with contacts as (
    select contact_id, account_id from {{ ref('int_contact_accounts') }}
),

emails as (
    select * from {{ ref('emails') }}
),

users as (
    select source_id, contact_id from {{ ref('int_contact_records') }} where source = 'segment' and object = 'user'
),

devices as (
    select anonymous_id, contact_id from {{ ref('web_identities') }} where contact_id is not null
),

hubspot_contacts as (
    select source_id, contact_id from {{ ref('int_contact_records') }} where source = 'hubspot'
),

salesforce_people as (
    select source_id, contact_id from {{ ref('int_contact_records') }} where source = 'salesforce'
),

email_activities as (
    select
        {{ dbt.concat(["'hubspot|email_event|'", "events.event_id"]) }} as activity_id,
        emails.contact_id,
        events.occurred_at,
        case events.event_type when 'CLICK' then 'email_click' else 'email_open' end as activity,
        coalesce(events.url, events.email_campaign_id) as detail,
        'hubspot' as source
    from {{ ref('stg_hubspot__email_events') }} as events
    inner join emails on events.email = emails.email_normalised
    where events.event_type in ('OPEN', 'CLICK') and not events.is_filtered
),

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
        'segment'
    from {{ ref('stg_segment__pages') }} as pages
    left join users on pages.user_id = users.source_id
    left join devices on pages.anonymous_id = devices.anonymous_id
    where coalesce(users.contact_id, devices.contact_id) is not null
),

track_activities as (
    select
        {{ dbt.concat(["'segment|track|'", "tracks.event_id"]) }},
        coalesce(users.contact_id, devices.contact_id),
        tracks.occurred_at,
        case when lower(tracks.event) like '%webinar%' then 'webinar' else 'product_event' end,
        tracks.event,
        'segment'
    from {{ ref('stg_segment__tracks') }} as tracks
    left join users on tracks.user_id = users.source_id
    left join devices on tracks.anonymous_id = devices.anonymous_id
    where coalesce(users.contact_id, devices.contact_id) is not null
),

form_activities as (
    select
        {{ dbt.concat(["'hubspot|form_submission|'", "forms.record_key"]) }},
        coalesce(hubspot_contacts.contact_id, emails.contact_id),
        forms.occurred_at,
        'form_submission',
        forms.form_id,
        'hubspot'
    from {{ ref('stg_hubspot__form_submissions') }} as forms
    left join hubspot_contacts on forms.hubspot_contact_id = hubspot_contacts.source_id
    left join emails on forms.email = emails.email_normalised
    where coalesce(hubspot_contacts.contact_id, emails.contact_id) is not null
),

crm_activities as (
    select interaction_id, contact_id, occurred_at, interaction, subject, 'salesforce'
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
        'salesforce'
    from {{ ref('stg_salesforce__campaign_members') }} as members
    inner join {{ ref('stg_salesforce__campaigns') }} as campaigns on members.campaign_id = campaigns.campaign_id
    inner join salesforce_people as people on coalesce(members.salesforce_contact_id, members.salesforce_lead_id) = people.source_id
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
        cast(unioned.occurred_at as date) as known_on
    from unioned
    inner join contacts on unioned.contact_id = contacts.contact_id
    where unioned.occurred_at is not null
)

select * from final
