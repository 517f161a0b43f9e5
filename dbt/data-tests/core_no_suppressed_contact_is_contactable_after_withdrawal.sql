{{ config(meta={'dagster': {'ref': {'name': 'consent'}}}) }}
select suppressions.contact_id, suppressions.channel
from {{ ref('suppressions') }} as suppressions
inner join {{ ref('consent') }} as consent
    on suppressions.contact_id = consent.contact_id and suppressions.channel = consent.channel
where suppressions.reason in ('unsubscribed', 'opted_out') and consent.is_contactable
