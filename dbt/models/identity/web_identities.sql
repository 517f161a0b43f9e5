{# A device that one contact alone was ever seen on. Whose a device was at a given time: device_periods. #}
with uses as (
    select * from {{ ref('int_device_uses') }}
),

final as (
    select
        anonymous_id,
        case when count(*) = 1 then max(contact_id) end as contact_id,
        count(*) > 1 as is_shared
    from uses
    group by anonymous_id
)

select * from final
