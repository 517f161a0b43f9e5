{# An address joins all its records unless the people named on them can't be one, or it is filled in for want of a better. Where
   it is made of the names of one of them (anna.adler@), it is theirs, and they own what has the address and no name. #}
with emails as (
    select * from {{ ref('int_source_emails') }}
),

records as (
    select * from {{ ref('int_source_records') }}
),

names as (
    select distinct emails.email, records.first_name_key, records.last_name_key
    from emails
    inner join records on emails.record_key = records.record_key
    where records.first_name_key is not null and records.last_name_key is not null
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
        and not {{ names_agree('a.first_name_key', 'b.last_name_key') }} as is_other_first_name,
        {{ names_differ('a.last_name_key', 'b.last_name_key') }} as is_other_last_name
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

agencies as (
    select emails.email
    from emails
    inner join records on emails.record_key = records.record_key
    where records.first_name_key is null and records.last_name_key is null
    group by emails.email
    having count(distinct records.company_key) > {{ match_setting('companies_per_mailbox') }}
),

shared as (
    select email from placeholders
    union
    select email from agencies
    union
    select email from counts where count_names > 20
    union
    select email
    from pairs
    where is_other_first_name and (is_other_last_name or count_names > {{ match_setting('names_per_mailbox') }})
),

owners as (
    select names.email, max(names.first_name_key) as owner_first_name, max(names.last_name_key) as owner_last_name
    from shared
    inner join names on shared.email = names.email
    where
        length(names.last_name_key) >= 3
        and {{ dbt.position('names.last_name_key', regexp_replace_all(email_mailbox('names.email'), '[._-]', '')) }} > 0
    group by names.email
    having count(*) = 1
),

final as (
    select shared.email, owners.owner_first_name, owners.owner_last_name
    from shared
    left join owners on shared.email = owners.email
)

select * from final
