{#- Old rules know people by address or by record, so every one of both is listed. Where people of different arms share an
    address, the rules keep off. -#}
with

managed as (
    select contacts.contact_id, contacts.email
    from {{ ref('contacts') }} as contacts
    inner join {{ source('decisioning', 'arms') }} as arms on coalesce(contacts.account_id, contacts.contact_id) = arms.unit_id
    where arms.arm <> 'business_as_usual'
),

identifiers as (
    select contact_id, 'email' as kind, email as identifier from managed where email is not null
    union all
    select managed.contact_id, 'email', emails.email_normalised
    from managed
    inner join {{ ref('emails') }} as emails on managed.contact_id = emails.contact_id
    union all
    select managed.contact_id, {{ dbt.concat(['records.source', "'_'", 'records.object']) }}, records.source_id
    from managed
    inner join {{ ref('contact_id_map') }} as records on managed.contact_id = records.contact_id
    where records.source in ('salesforce', 'hubspot') and records.object in ('contact', 'lead')
),

final as (
    select
        {{ dbt.concat(['kind', "':'", 'identifier']) }} as exclusion_key,
        min(contact_id) as contact_id,
        kind,
        identifier
    from identifiers
    group by kind, identifier
)

select * from final
