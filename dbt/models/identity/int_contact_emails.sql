{# All addresses, also those of a role or shared by several: an opt-out counts for everybody who has the address. #}
{% set rules = known_survivorship_rules()['email'] %}
with emails as (
    select * from {{ ref('int_source_emails') }}
),

records as (
    select record_key, contact_id, source, object, recency from {{ ref('int_contact_records') }}
),

shared_mailboxes as (
    select * from {{ ref('int_shared_mailboxes') }}
),

responses as (
    select
        email,
        case when first_bounced_at is not null then 0 when last_worked_at is not null then 2 else 1 end as verified
    from {{ ref('int_email_responses') }}
),

weights as (
    {{ rule_weights({'email': rules}) }}
),

sources as (
    {{ source_scores(['email'], 'records') }}
),

grouped as (
    select
        records.contact_id,
        emails.email,
        max(case when emails.is_role_mailbox then 1 else 0 end) as is_role,
        max(case when emails.is_primary then 1 else 0 end) as is_primary_somewhere,
        max(sources.email_source + records.recency) as record_score
    from emails
    inner join records on emails.record_key = records.record_key
    inner join sources on records.source = sources.source and records.object = sources.object
    group by records.contact_id, emails.email
),

scored as (
    select
        grouped.*,
        shared_mailboxes.email is not null as is_shared_mailbox,
        grouped.record_score
        + weights.email_personal * (1 - grouped.is_role)
        + weights.email_verified * coalesce(responses.verified, 1)
        + weights.email_primary * grouped.is_primary_somewhere as score
    from grouped
    cross join weights
    left join shared_mailboxes on grouped.email = shared_mailboxes.email
    left join responses on grouped.email = responses.email
),

final as (
    select
        contact_id,
        email,
        is_role = 1 as is_role_mailbox,
        is_shared_mailbox,
        row_number() over (partition by contact_id order by score desc, email) = 1 as is_primary,
        count(*) over (partition by email) as count_contacts,
        score,
        {{ precedence_of_score('score') }} as precedence
    from scored
)

select * from final
