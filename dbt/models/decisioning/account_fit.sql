with

rules as (
    select name, points, condition_id from {{ source('raw', 'policy_ideal_customer') }}
),

possible as (
    select sum(greatest(points, 0)) as points from rules
),

contacts as (
    select contact_id, account_id from {{ ref('contacts') }} where account_id is not null
),

accounts as (
    select distinct account_id from contacts
),

-- what holds for any of its people holds for an account
met as (
    select distinct contacts.account_id, rules.name, rules.points
    from {{ ref('condition_matches') }} as matches
    inner join rules on matches.condition_id = rules.condition_id
    inner join contacts on matches.contact_id = contacts.contact_id
),

sums as (
    select
        account_id,
        sum(points) as points,
        {{ dbt.listagg('name', "', '", 'order by points desc, name') }} as reasons
    from met
    group by 1
),

final as (
    select
        accounts.account_id,
        cast(round(100 * least(greatest(coalesce(sums.points, 0) / possible.points, 0), 1)) as integer) as account_fit,
        coalesce(sums.reasons, '') as reasons
    from accounts
    cross join possible
    left join sums on accounts.account_id = sums.account_id
    where possible.points > 0
)

select * from final
