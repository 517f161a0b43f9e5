with

contacts as (
    select * from {{ ref('contacts') }}
),

final as (
    select
        contact_id,
        case
            when time_zone is not null then {{ dbt.concat(["'zone:'", 'time_zone']) }}
            when country_code is not null and state is not null
                then {{ dbt.concat(["'place:'", 'upper(country_code)', "':'", 'lower(trim(state))']) }}
            when country_code is not null then {{ dbt.concat(["'place:'", 'upper(country_code)']) }}
            else 'unknown'
        end as zone_key
    from contacts
)

select * from final
