with source as (
    select * from {{ source('raw', 'hubspot__contact_merge_audit') }} where not _is_deleted
),

final as (
    select
        {{ hubspot_id('canonical_vid') }} as record_id,
        {{ hubspot_id('vid_to_merge') }} as merged_record_id,
        timestamp as merged_at
    from source
)

select * from final
