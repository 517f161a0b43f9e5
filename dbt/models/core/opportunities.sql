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

final as (
    select
        opportunities.opportunity_id,
        case when broken.salesforce_account_id is null then accounts.account_id end as account_id,
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
    left join broken on opportunities.salesforce_account_id = broken.salesforce_account_id
)

select * from final
