{# Whose a device was. A contact has it from the first use to the last; the first of all users since ever, the last one until further
   notice. Nobody has it while two use it in turns, some days around that (more than once taking turns is likely), and between the
   last use of one and the first of the next. #}
with uses as (
    select
        *,
        count(*) over (partition by anonymous_id) as count_contacts,
        count(first_seen_at) over (partition by anonymous_id) as count_dated,
        min(first_seen_at) over (partition by anonymous_id) as device_first_seen_at,
        max(last_seen_at) over (partition by anonymous_id) as device_last_seen_at
    from {{ ref('int_device_uses') }}
),

handed_on as (
    select * from uses
    where count_contacts between 2 and {{ contacts_per_device() }} and count_dated = count_contacts
),

shared as (
    select
        earlier.anonymous_id,
        {{ dbt.dateadd('day', '-' ~ shared_device_days(), 'greatest(earlier.first_seen_at, later.first_seen_at)') }} as shared_from,
        {{ dbt.dateadd('day', shared_device_days(), 'least(earlier.last_seen_at, later.last_seen_at)') }} as shared_until
    from handed_on as earlier
    inner join handed_on as later
        on earlier.anonymous_id = later.anonymous_id
        and earlier.contact_id < later.contact_id
        and earlier.first_seen_at <= later.last_seen_at
        and later.first_seen_at <= earlier.last_seen_at
),

-- the time before each shared time, and the one after the last
shared_in_order as (
    select
        *,
        max(shared_until) over (
            partition by anonymous_id order by shared_from, shared_until rows between unbounded preceding and 1 preceding
        ) as previous_until,
        row_number() over (partition by anonymous_id order by shared_from desc, shared_until desc) = 1 as is_last,
        max(shared_until) over (partition by anonymous_id) as last_until
    from shared
),

unshared as (
    select anonymous_id, previous_until as unshared_from, shared_from as unshared_until
    from shared_in_order
    where previous_until is null or previous_until < shared_from
    union all
    select anonymous_id, last_until, cast(null as {{ dbt.type_timestamp() }}) from shared_in_order where is_last
    union all
    select distinct handed_on.anonymous_id, cast(null as {{ dbt.type_timestamp() }}), cast(null as {{ dbt.type_timestamp() }})
    from handed_on
    left join shared on handed_on.anonymous_id = shared.anonymous_id
    where shared.anonymous_id is null
),

-- the ends stay open only for somebody seen alone there
final as (
    select
        handed_on.anonymous_id,
        handed_on.contact_id,
        case
            when unshared.unshared_from is null and handed_on.first_seen_at = handed_on.device_first_seen_at then null
            else greatest(handed_on.first_seen_at, coalesce(unshared.unshared_from, handed_on.first_seen_at))
        end as valid_from,
        case
            when unshared.unshared_until is null and handed_on.last_seen_at = handed_on.device_last_seen_at then null
            else least(handed_on.last_seen_at, coalesce(unshared.unshared_until, handed_on.last_seen_at))
        end as valid_until
    from handed_on
    inner join unshared
        on handed_on.anonymous_id = unshared.anonymous_id
        and (unshared.unshared_until is null or handed_on.first_seen_at < unshared.unshared_until)
        and (unshared.unshared_from is null or handed_on.last_seen_at > unshared.unshared_from)
    union all
    select anonymous_id, contact_id, cast(null as {{ dbt.type_timestamp() }}), cast(null as {{ dbt.type_timestamp() }})
    from uses
    where count_contacts = 1
)

select * from final
