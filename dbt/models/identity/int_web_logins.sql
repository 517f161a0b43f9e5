{# A user_id that is a Salesforce or HubSpot id. HubSpot's are plain numbers, as the ids of many products are: they join only if
   hardly any address says otherwise. #}
with records as (
    select * from {{ ref('int_source_records') }}
),

users as (
    select * from records where source = 'segment' and object = 'user'
),

crm_records as (
    select * from records where source in ('salesforce', 'hubspot')
),

same_id as (
    select
        users.record_key as left_node,
        crm_records.record_key as right_node,
        crm_records.source,
        case when users.email = crm_records.email then 1.0 else 0.0 end as is_confirmed,
        case when users.email <> crm_records.email then 1.0 else 0.0 end as is_contradicted
    from users
    inner join crm_records on users.source_id = crm_records.source_id
),

trust as (
    select source, sum(is_contradicted) <= 0.1 * sum(is_confirmed) as is_same_numbering
    from same_id
    group by source
),

final as (
    select same_id.left_node, same_id.right_node
    from same_id
    inner join trust on same_id.source = trust.source
    where trust.source = 'salesforce' or (trust.is_same_numbering and same_id.is_contradicted = 0)
)

select * from final
