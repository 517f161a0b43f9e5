{# Salesforce keeps no moment of closing: it is the close date, but not after the last change of a closed opportunity. #}
with opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }}
),

accounts as (
    select record_key, key as account_id from {{ ref('int_account_keys') }}
),

broken as (
    select value as salesforce_account_id
    from {{ ref('broken_references') }}
    where object = 'opportunity' and column_name = 'account_id'
),

offerings as (
    select * from {{ source('raw', 'policy_offerings') }}
),

offering_matches as (
    select offering_id, match_on, lower(trim(value)) as value, {{ normalised_words('value') }} as words
    from {{ source('raw', 'policy_offering_matches') }}
),

-- the id of a product says more than its name, and that more than its family
item_offerings as (
    select
        items.opportunity_id,
        items.record_id,
        items.total_price_cents,
        matches.offering_id,
        row_number() over (
            partition by items.record_id
            order by
                case matches.value when lower(items.product_id) then 1 when lower(products.name) then 2 else 3 end,
                matches.offering_id
        ) as place
    from {{ ref('stg_salesforce__opportunity_line_items') }} as items
    left join {{ ref('stg_salesforce__products') }} as products on items.product_id = products.product_id
    inner join offering_matches as matches
        on
            matches.match_on = 'products'
            and matches.value in (lower(items.product_id), lower(products.name), lower(products.family))
),

product_offerings as (
    select
        opportunity_id,
        offering_id,
        row_number() over (
            partition by opportunity_id order by sum(coalesce(total_price_cents, 0)) desc, offering_id
        ) as place
    from item_offerings
    where place = 1
    group by 1, 2
),

word_offerings as (
    select
        opportunities.opportunity_id,
        matches.offering_id,
        row_number() over (partition by opportunities.opportunity_id order by matches.match_on desc, matches.offering_id) as place
    from opportunities
    inner join offering_matches as matches
        on
            (matches.match_on = 'opportunity_types' and lower(opportunities.opportunity_type) = matches.value)
            or (
                matches.match_on = 'name_words'
                and {{ dbt.position("' ' || matches.words || ' '", "' ' || " ~ normalised_words('opportunities.name') ~ " || ' '") }} > 0
            )
),

final as (
    select
        opportunities.opportunity_id,
        case when broken.salesforce_account_id is null then accounts.account_id end as account_id,
        coalesce(product_offerings.offering_id, word_offerings.offering_id, offerings.offering_id) as offering_id,
        opportunities.owner_id,
        opportunities.stage_name,
        opportunities.amount_cents,
        opportunities.is_closed or opportunities.is_won as is_closed,
        opportunities.is_won,
        coalesce(
            opportunities.created_at, cast(opportunities.close_on as {{ dbt.type_timestamp() }}), opportunities.updated_at
        ) as created_at,
        case
            when opportunities.is_closed or opportunities.is_won
                then coalesce(
                    least(cast(opportunities.close_on as {{ dbt.type_timestamp() }}), opportunities.updated_at),
                    opportunities.updated_at
                )
        end as closed_at
    from opportunities
    left join accounts
        on {{ dbt.concat(["'salesforce_account|'", "opportunities.salesforce_account_id"]) }} = accounts.record_key
    left join product_offerings
        on opportunities.opportunity_id = product_offerings.opportunity_id and product_offerings.place = 1
    left join word_offerings on opportunities.opportunity_id = word_offerings.opportunity_id and word_offerings.place = 1
    left join offerings on offerings.is_default
    left join broken on opportunities.salesforce_account_id = broken.salesforce_account_id
)

select * from final
