with contacts as (
    select contact_id from {{ ref('int_contact_companies') }}
),

matches as (
    select * from {{ ref('account_matches') }} where is_chosen
),

final as (
    select
        contacts.contact_id,
        matches.account_id,
        matches.match_rule,
        matches.match_score
    from contacts
    left join matches on contacts.contact_id = matches.contact_id
)

select * from final
