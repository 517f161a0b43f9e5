{# An address joins all its records unless the people named on them can't be one, or it is filled in for want of a better. #}
with emails as (
    select * from {{ ref('int_source_emails') }}
),

records as (
    select * from {{ ref('int_source_records') }}
),

names as (
    select
        emails.email,
        records.first_name_key,
        records.last_name_key,
        max(case when records.source = 'salesforce' and records.object = 'contact' then 1 else 0 end) as is_salesforce_contact
    from emails
    inner join records on emails.record_key = records.record_key
    where records.first_name_key is not null and records.last_name_key is not null
    group by emails.email, records.first_name_key, records.last_name_key
),

counts as (
    select email, count(*) as count_names
    from names
    group by email
    having count(*) > 1
),

pairs as (
    select
        counts.email,
        counts.count_names,
        {{ names_differ('a.first_name_key', 'b.first_name_key') }}
        and not (a.first_name_key = b.last_name_key and a.last_name_key = b.first_name_key) as is_other_first_name,
        {{ names_differ('a.last_name_key', 'b.last_name_key') }}
        and a.is_salesforce_contact + b.is_salesforce_contact = 2 as is_other_salesforce_name
    from counts
    inner join names as a on counts.email = a.email
    inner join names as b
        on counts.email = b.email
        and (a.first_name_key < b.first_name_key or (a.first_name_key = b.first_name_key and a.last_name_key < b.last_name_key))
    where counts.count_names <= 20
),

placeholders as (
    select email
    from emails
    group by email
    having count(*) > {{ match_setting('records_per_mailbox') }}
),

final as (
    select email from placeholders
    union
    select email from counts where count_names > 20
    union
    select email
    from pairs
    where is_other_first_name and (is_other_salesforce_name or count_names > {{ match_setting('names_per_mailbox') }})
)

select * from final
