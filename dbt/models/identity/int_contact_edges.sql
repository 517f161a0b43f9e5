{# Each rule adds edges of its own name: between a record and what it shares with others, or between two of either. #}
with records as (
    select * from {{ ref('int_source_records') }}
),

emails as (
    select * from {{ ref('int_source_emails') }}
),

shared_mailboxes as (
    select * from {{ ref('int_shared_mailboxes') }}
),

phones as (
    select * from {{ ref('int_source_phones') }} where coalesce(first_name_key, last_name_key) is not null
),

by_email as (
    select
        emails.record_key as left_node,
        case
            when shared_mailboxes.email is null then {{ dbt.concat(["'email:'", "emails.email"]) }}
            else {{ dbt.concat(["'email:'", "emails.email", "'|'", "records.first_name_key", "' '", "records.last_name_key"]) }}
        end as right_node,
        case records.source when 'billing' then 'billing_email' when 'segment' then 'web_email' else 'email' end as match_rule
    from emails
    inner join records on emails.record_key = records.record_key
    left join shared_mailboxes on emails.email = shared_mailboxes.email
    where not emails.is_role_mailbox and not emails.is_shared_login
),

phone_names as (
    select phone_e164, first_name_key, last_name_key, count(*) as count_records
    from phones
    group by phone_e164, first_name_key, last_name_key
),

direct_phones as (
    select phone_e164
    from phone_names
    group by phone_e164
    having count(*) <= {{ names_per_phone() }} and sum(count_records) > 1
),

by_phone as (
    select
        phones.record_key as left_node,
        {{ phone_node('phones') }} as right_node,
        'phone' as match_rule
    from phones
    inner join direct_phones on phones.phone_e164 = direct_phones.phone_e164
),

by_similar_name_on_phone as (
    select {{ phone_node('a') }} as left_node, {{ phone_node('b') }} as right_node, 'phone' as match_rule
    from direct_phones
    inner join phone_names as a on direct_phones.phone_e164 = a.phone_e164
    inner join phone_names as b on direct_phones.phone_e164 = b.phone_e164 and {{ phone_node('a') }} < {{ phone_node('b') }}
    where
        (a.last_name_key = b.last_name_key and not {{ names_differ('a.first_name_key', 'b.first_name_key') }})
        or (a.first_name_key = b.first_name_key and not {{ names_differ('a.last_name_key', 'b.last_name_key') }})
),

by_conversion as (
    select
        {{ dbt.concat(["'salesforce|lead|'", "record_id"]) }} as left_node,
        {{ dbt.concat(["'salesforce|contact|'", "converted_contact_id"]) }} as right_node,
        'converted_lead' as match_rule
    from {{ ref('stg_salesforce__leads') }}
    where converted_contact_id is not null
),

listed_hubspot_ids as (
    select record_id, {{ split_rows('merged_record_ids', ';') }} as merged_record_id
    from {{ ref('stg_hubspot__contacts') }}
    where merged_record_ids is not null
),

merged_hubspot_ids as (
    select record_id, merged_record_id from {{ ref('stg_hubspot__contact_merge_audits') }}
    union
    select record_id, {{ hubspot_id('merged_record_id') }} from listed_hubspot_ids
),

by_hubspot_merge as (
    select
        {{ dbt.concat(["'hubspot|contact|'", "record_id"]) }} as left_node,
        {{ dbt.concat(["'hubspot|contact|'", "merged_record_id"]) }} as right_node,
        'hubspot_merge' as match_rule
    from merged_hubspot_ids
    where merged_record_id is not null and merged_record_id <> record_id
),

by_salesforce_merge as (
    select
        {{ dbt.concat(["'salesforce|'", "object", "'|'", "record_id"]) }} as left_node,
        {{ dbt.concat(["'salesforce|'", "object", "'|'", "master_record_id"]) }} as right_node,
        'salesforce_merge' as match_rule
    from {{ ref('stg_salesforce__ceased_records') }}
    where object in ('contact', 'lead') and master_record_id is not null
),

by_web_login as (
    select left_node, right_node, 'web_login' as match_rule from {{ ref('int_web_logins') }}
),

unioned as (
    select * from by_email where right_node is not null
    union
    select * from by_phone
    union
    select * from by_similar_name_on_phone
    union
    select * from by_conversion
    union
    select * from by_hubspot_merge
    union
    select * from by_salesforce_merge
    union
    select * from by_web_login
)

select * from unioned
