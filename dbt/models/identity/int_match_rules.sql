{# The strongest rule that joins a record to another of its contact. #}
with edges as (
    select * from {{ ref('int_contact_edges') }}
),

records as (
    select record_key from {{ ref('int_source_records') }}
),

joining_identifiers as (
    select right_node as node from edges where match_rule in ('email', 'billing_email', 'web_email', 'phone')
    group by right_node
    having count(*) > 1
    union
    select left_node from edges where match_rule = 'phone' and left_node like 'phone:%'
    union
    select right_node from edges where match_rule = 'phone' and left_node like 'phone:%'
),

by_identifier as (
    select edges.left_node as record_key, edges.match_rule
    from edges
    inner join joining_identifiers on edges.right_node = joining_identifiers.node
),

between_records as (
    select edges.left_node as record_key, edges.match_rule
    from edges
    inner join records on edges.right_node = records.record_key
    union all
    select edges.right_node, edges.match_rule
    from edges
    inner join records on edges.left_node = records.record_key
),

ranked as (
    select
        record_key,
        min(case match_rule
            when 'converted_lead' then '1 converted_lead' when 'hubspot_merge' then '2 hubspot_merge'
            when 'salesforce_merge' then '2 salesforce_merge' when 'web_login' then '3 web_login' when 'phone' then '5 phone'
            else '4 ' || match_rule
        end) as ranked_rule
    from (select * from by_identifier union all select * from between_records) as matches
    group by record_key
),

final as (
    select record_key, substring(ranked_rule, 3) as match_rule from ranked
)

select * from final
