{# A call says of the numbers of the record that was called whether they reach somebody. #}
{% set reached = '(connected|answered|reached|spoke)' %}
with phones as (
    select * from {{ ref('int_source_phones') }}
),

records as (
    select record_key, contact_id, source, object, source_id, recency from {{ ref('int_contact_records') }}
),

tasks as (
    select who_id, call_disposition
    from {{ ref('stg_salesforce__tasks') }}
    where (task_type = 'call' or task_subtype = 'call') and call_disposition is not null
),

calls as (
    select
        who_id,
        max(case when {{ regexp_matches('call_disposition', '(wrong|bad|invalid) number|disconnected|not in service') }} then 1 else 0 end)
            as has_failed,
        max(case
            when {{ regexp_matches('call_disposition', '(not|no|un|dis)[ -]?' ~ reached) }} then 0
            when {{ regexp_matches('call_disposition', reached) }} then 1
            else 0
        end) as has_worked
    from tasks
    group by who_id
),

weights as (
    {{ rule_weights({'phone_e164': known_survivorship_rules()['phone_e164']}) }}
),

sources as (
    {{ source_scores(['phone_e164'], 'records') }}
),

grouped as (
    select
        records.contact_id,
        phones.phone_e164,
        max(case when phones.is_mobile then 1 else 0 end) as is_mobile,
        coalesce(max(calls.has_failed), 0) as has_failed,
        coalesce(max(calls.has_worked), 0) as has_worked,
        max(sources.phone_e164_source + records.recency) as record_score
    from phones
    inner join records on phones.record_key = records.record_key
    inner join sources on records.source = sources.source and records.object = sources.object
    left join calls on records.source = 'salesforce' and records.source_id = calls.who_id
    group by records.contact_id, phones.phone_e164
),

scored as (
    select
        grouped.*,
        grouped.record_score + weights.phone_e164_verified * (1 + grouped.has_worked - grouped.has_failed) as score
    from grouped
    cross join weights
),

-- of two numbers of one record the mobile one
final as (
    select
        contact_id,
        phone_e164,
        row_number() over (partition by contact_id order by score desc, is_mobile desc, phone_e164) = 1 as is_primary,
        score,
        {{ precedence_of_score('score') }} as precedence,
        is_mobile
    from scored
)

select * from final
