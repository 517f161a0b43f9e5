{# All addresses, also those of a role or shared by several: an opt-out counts for everybody who has the address. #}
with emails as (
    select * from {{ ref('int_source_emails') }}
),

records as (
    select record_key, contact_id, precedence from {{ ref('int_contact_records') }}
),

shared_mailboxes as (
    select * from {{ ref('int_shared_mailboxes') }}
),

grouped as (
    select
        records.contact_id,
        emails.email,
        max(case when emails.is_role_mailbox then 1 else 0 end) as is_role,
        max(case when emails.is_primary then 1 else 0 end) as is_primary_somewhere,
        max(records.precedence) as precedence
    from emails
    inner join records on emails.record_key = records.record_key
    group by records.contact_id, emails.email
),

-- a personal address before one of a role, then a record's first address before its others
final as (
    select
        grouped.contact_id,
        grouped.email,
        grouped.is_role = 1 as is_role_mailbox,
        shared_mailboxes.email is not null as is_shared_mailbox,
        row_number() over (
            partition by grouped.contact_id
            order by grouped.is_role, grouped.is_primary_somewhere desc, grouped.precedence desc, grouped.email
        ) = 1 as is_primary,
        count(*) over (partition by grouped.email) as count_contacts
    from grouped
    left join shared_mailboxes on grouped.email = shared_mailboxes.email
)

select * from final
