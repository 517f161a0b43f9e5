with final as (
    select
        old_id as old_contact_id,
        final_id as contact_id,
        merged_at,
        reason
    from {{ ref('int_merges') }}
    where entity = 'contact'
)

select * from final
