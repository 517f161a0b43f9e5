with source as (
    select * from {{ source('raw', 'salesforce__opportunity') }} where not _is_deleted
),

final as (
    select
        id as opportunity_id,
        {{ trimmed('account_id') }} as salesforce_account_id,
        {{ trimmed('name') }} as name,
        {{ trimmed('stage_name') }} as stage_name,
        {{ trimmed('type') }} as opportunity_type,
        cast(round(amount * 100) as bigint) as amount_cents,
        probability,
        coalesce(is_closed, lower(trim(stage_name)) in ('won', 'lost') or lower(trim(stage_name)) like 'closed%') as is_closed,
        coalesce(is_won, lower(trim(stage_name)) in ('won', 'closed won')) as is_won,
        {{ trimmed('lead_source') }} as lead_source,
        {{ trimmed('owner_id') }} as owner_id,
        {{ trimmed('campaign_id') }} as campaign_id,
        close_date as close_on,
        created_date as created_at,
        _modified_at as updated_at,
        _extra as extra
    from source
)

select * from final
