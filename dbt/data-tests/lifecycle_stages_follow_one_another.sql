{{ config(meta={'dagster': {'ref': {'name': 'contact_stages'}}}) }}
-- Each entity has one current stage, and each stage ends when the next begins.
with

entries as (
    select account_id as entity_id, 'account' as entity, entered_at, left_at from {{ ref('account_stages') }}
    union all
    select buying_group_id as entity_id, 'buying_group' as entity, entered_at, left_at from {{ ref('buying_group_stages') }}
    union all
    select contact_id as entity_id, 'contact' as entity, entered_at, left_at from {{ ref('contact_stages') }}
),

entries_and_next as (
    select
        entries.*,
        lead(entered_at) over (partition by entity, entity_id order by entered_at) as next_entered_at
    from entries
)

select *
from entries_and_next
where
    (left_at is null and next_entered_at is not null)
    or (left_at is not null and (next_entered_at is null or next_entered_at <> left_at or left_at <= entered_at))
