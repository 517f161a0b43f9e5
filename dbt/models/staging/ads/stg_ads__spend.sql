with source as (
    select * from {{ source('raw', 'ads__spend') }} where not _is_deleted
),

final as (
    select
        {{ trimmed('platform') }} as platform,
        {{ trimmed('campaign_id') }} as campaign_id,
        date as spent_on,
        cost_cents,
        upper({{ trimmed('currency') }}) as currency,
        impressions as count_impressions,
        clicks as count_clicks
    from source
)

select * from final
