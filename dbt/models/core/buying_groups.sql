{# The people of an account who decide about an open opportunity, or about the default offering where there are at least two. #}
with contacts as (
    select account_id, count(*) as count_contacts
    from {{ ref('contacts') }}
    where account_id is not null
    group by account_id
),

opportunities as (
    select account_id, count(*) as count_open_opportunities
    from {{ ref('opportunities') }}
    where account_id is not null and not is_closed
    group by account_id
),

final as (
    select
        {{ dbt.concat(["'b_'", "substring(contacts.account_id, 3)"]) }} as buying_group_id,
        contacts.account_id,
        case when opportunities.account_id is null then 'default' else 'open_opportunity' end as offering,
        contacts.count_contacts,
        coalesce(opportunities.count_open_opportunities, 0) as count_open_opportunities
    from contacts
    left join opportunities on contacts.account_id = opportunities.account_id
    where contacts.count_contacts >= 2 or opportunities.account_id is not null
)

select * from final
