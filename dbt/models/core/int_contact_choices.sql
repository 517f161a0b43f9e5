{% set fields = record_fields().keys() | reject('equalto', 'address') | list %}
with candidates as (
    select * from {{ ref('int_contact_candidates') }}
),

chosen as (
    select
        contact_id,
        {% for field in fields -%}
        {{ latest_by(field, 'case when ' ~ field ~ ' is not null then ' ~ field ~ '_score end') }} as {{ field }},
        {{ precedence_of_score('max(case when ' ~ field ~ ' is not null then ' ~ field ~ '_score end)') }} as {{ field }}_precedence,
        {% endfor -%}
        min(coalesce(created_at, updated_at)) as created_at
    from candidates
    group by contact_id
),

-- an address in another country than the contact's isn't theirs
possible_addresses as (
    select candidates.*
    from candidates
    inner join chosen on candidates.contact_id = chosen.contact_id
    where
        candidates.address is not null
        and (candidates.country_code is null or candidates.country_code = chosen.country_code)
),

addresses as (
    select contact_id, {{ precedence_of_score('max(address_score)') }} as address_precedence
    from possible_addresses
    group by contact_id
),

final as (
    select
        chosen.*,
        {% for column in address_fields() -%}
        possible_addresses.{{ column }},
        {% endfor -%}
        addresses.address_precedence
    from chosen
    left join addresses on chosen.contact_id = addresses.contact_id
    left join possible_addresses
        on addresses.contact_id = possible_addresses.contact_id and addresses.address_precedence = possible_addresses.precedence
)

select * from final
