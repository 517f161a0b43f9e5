{# Each rule adds edges of its own name. Records that share an identifier are joined to the first of them, and not each to each. #}
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
    select * from {{ ref('int_source_phones') }} where coalesce(first_name_key, last_name_key) is not null and not is_company_phone
),

by_email as (
    select
        emails.record_key as record_key,
        records.anchor_rank,
        records.source,
        case
            when shared_mailboxes.email is null then {{ dbt.concat(["'email:'", "emails.email"]) }}
            when records.first_name_key is null and records.last_name_key is null
                then {{ dbt.concat(["'email:'", "emails.email", "'|'", "shared_mailboxes.owner_first_name", "' '", "shared_mailboxes.owner_last_name"]) }}
            else {{ dbt.concat(["'email:'", "emails.email", "'|'", "records.first_name_key", "' '", "records.last_name_key"]) }}
        end as identifier,
        emails.email as evidence,
        cast(null as varchar) as first_name_key,
        cast(null as varchar) as last_name_key
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
    having count(*) <= {{ match_setting('names_per_phone') }} and sum(count_records) > 1
),

by_phone as (
    select
        phones.record_key,
        records.anchor_rank,
        records.source,
        {{ phone_node('phones') }} as identifier,
        phones.phone_e164 as evidence,
        phones.first_name_key,
        phones.last_name_key
    from phones
    inner join direct_phones on phones.phone_e164 = direct_phones.phone_e164
    inner join records on phones.record_key = records.record_key
),

ordered as (
    select
        *,
        row_number() over (partition by identifier order by anchor_rank, record_key) as place
    from (
        select *, 'email' as match_rule from by_email where identifier is not null
        union all
        select *, 'phone' as match_rule from by_phone
    ) as shared
),

firsts as (
    select * from ordered where place = 1
),

by_identifier as (
    select
        firsts.record_key as left_node,
        ordered.record_key as right_node,
        case
            when ordered.match_rule = 'phone' then 'phone'
            when ordered.source = 'segment' or firsts.source = 'segment' then 'web_email'
            when ordered.source = 'billing' or firsts.source = 'billing' then 'billing_email'
            else 'email'
        end as match_rule,
        ordered.evidence
    from ordered
    inner join firsts on ordered.identifier = firsts.identifier and ordered.place > 1
),

by_similar_name_on_phone as (
    select a.record_key as left_node, b.record_key as right_node, 'phone' as match_rule, a.evidence
    from firsts as a
    inner join firsts as b on a.evidence = b.evidence and a.identifier < b.identifier
    where
        a.match_rule = 'phone'
        and b.match_rule = 'phone'
        and (
            (a.last_name_key = b.last_name_key and not {{ names_differ('a.first_name_key', 'b.first_name_key') }})
            or (a.first_name_key = b.first_name_key and not {{ names_differ('a.last_name_key', 'b.last_name_key') }})
        )
),

by_conversion as (
    select
        {{ dbt.concat(["'salesforce|lead|'", "record_id"]) }} as left_node,
        {{ dbt.concat(["'salesforce|contact|'", "converted_contact_id"]) }} as right_node,
        'converted_lead' as match_rule,
        cast(null as varchar) as evidence
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
        'hubspot_merge' as match_rule,
        null as evidence
    from merged_hubspot_ids
    where merged_record_id is not null and merged_record_id <> record_id
),

by_salesforce_merge as (
    select
        {{ dbt.concat(["'salesforce|'", "object", "'|'", "record_id"]) }} as left_node,
        {{ dbt.concat(["'salesforce|'", "object", "'|'", "master_record_id"]) }} as right_node,
        'salesforce_merge' as match_rule,
        null as evidence
    from {{ ref('stg_salesforce__ceased_records') }}
    where object in ('contact', 'lead') and master_record_id is not null
),

by_web_login as (
    select left_node, right_node, 'web_login' as match_rule, null as evidence
    from {{ ref('int_web_logins') }}
),

unioned as (
    select * from by_conversion
    union all
    select * from by_hubspot_merge
    union all
    select * from by_salesforce_merge
    union all
    select * from by_web_login
    union all
    select * from by_identifier
    union all
    select * from by_similar_name_on_phone
),

by_rule as (
    select
        least(left_node, right_node) as left_record,
        greatest(left_node, right_node) as right_record,
        match_rule,
        min(coalesce(evidence, match_rule)) as evidence
    from unioned
    where left_node <> right_node
    group by least(left_node, right_node), greatest(left_node, right_node), match_rule
),

-- where an identifier joins two records, the model needn't say so too
by_model as (
    select pairs.left_record, pairs.right_record, 'probable' as match_rule, pairs.evidence, pairs.match_score
    from {{ ref('int_probable_pairs') }} as pairs
    left join (select distinct left_record, right_record from by_rule) as joined
        on pairs.left_record = joined.left_record and pairs.right_record = joined.right_record
    where joined.left_record is null
),

scored as (
    select left_record, right_record, match_rule, evidence, cast(null as double) as match_score from by_rule
    union all
    select left_record, right_record, match_rule, evidence, match_score from by_model
),

final as (
    select
        scored.left_record,
        scored.right_record,
        scored.match_rule,
        cast(coalesce(scored.match_score, match_rules.match_score) as double) as match_score,
        match_rules.kind = 'fact' as is_fact,
        scored.evidence
    from scored
    inner join {{ ref('match_rules') }} as match_rules on scored.match_rule = match_rules.match_rule and match_rules.is_active
)

select * from final
