{# Where each value of the golden record comes from. A view: few ask, and of few contacts at a time. #}
{{ config(materialized='view') }}
{% set record_columns = record_fields().keys() | reject('equalto', 'address') | list %}
with contacts as (
    select * from {{ ref('contacts') }}
),

choices as (
    select * from {{ ref('int_contact_choices') }}
),

candidates as (
    select * from {{ ref('int_contact_candidates') }}
),

records as (
    select * from {{ ref('int_contact_records') }}
),

addresses as (
    select *, case address_type when 'phone' then 'phone_e164' else 'email' end as field from {{ ref('int_contact_addresses') }}
),

-- everything that any record says
said as (
    {% for field in record_columns -%}
    select contact_id, '{{ field }}' as field, '{{ field }}' as asked_as, {{ field }} as value, precedence, {{ field }}_score as score
    from candidates
    where {{ field }} is not null
    union all
    {% endfor -%}
    {% for field in address_fields() -%}
    select candidates.contact_id, '{{ field }}', 'address', candidates.{{ field }}, candidates.precedence, candidates.address_score
    from candidates
    inner join choices on candidates.contact_id = choices.contact_id
    where
        candidates.{{ field }} is not null
        and (candidates.country_code is null or candidates.country_code = choices.country_code)
    union all
    {% endfor -%}
    select contact_id, field, field, address, precedence, score from addresses
),

survived as (
    {% for field in record_columns -%}
    select contact_id, '{{ field }}' as field, {{ field }} as value, {{ field }}_precedence as precedence
    from choices
    where {{ field }} is not null
    union all
    {% endfor -%}
    {% for field in address_fields() -%}
    select contact_id, '{{ field }}', {{ field }}, address_precedence from choices where {{ field }} is not null
    union all
    {% endfor -%}
    select contact_id, field, address, precedence from addresses where is_primary
),

scored as (
    select survived.*, said.asked_as, said.score
    from survived
    inner join said
        on survived.contact_id = said.contact_id
        and survived.field = said.field
        and survived.value = said.value
        and survived.precedence = said.precedence
),

runners_up as (
    select scored.contact_id, scored.field, max(said.score) as score
    from scored
    inner join said
        on scored.contact_id = said.contact_id and scored.field = said.field and scored.value <> said.value
    group by scored.contact_id, scored.field
),

decided as (
    select
        scored.*,
        runners_up.contact_id is null as is_only_value,
        scored.score = runners_up.score as is_tie,
        {{ deciding_place('scored.score - runners_up.score') }} as place
    from scored
    left join runners_up on scored.contact_id = runners_up.contact_id and scored.field = runners_up.field
),

account_owners as (
    select contacts.contact_id, contacts.account_id, contacts.owner_id
    from contacts
    inner join choices on contacts.contact_id = choices.contact_id
    where choices.owner_id is null and contacts.owner_id is not null
),

final as (
    select
        decided.contact_id,
        decided.field,
        decided.value,
        records.source,
        records.object,
        records.source_id,
        case
            when decided.is_only_value then 'only_value'
            when decided.is_tie then 'tie'
            else coalesce(rules.rule, 'recent')
        end as rule,
        records.updated_at
    from decided
    inner join records on decided.contact_id = records.contact_id and decided.precedence = records.precedence
    left join {{ ref('survivorship_rules') }} as rules on decided.asked_as = rules.field and decided.place = rules.place
    union all
    select
        contact_id, 'owner_id', owner_id, 'nightjar', 'account', account_id, 'account_owner', cast(null as {{ dbt.type_timestamp() }})
    from account_owners
)

select * from final
