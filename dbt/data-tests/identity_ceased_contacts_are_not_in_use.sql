{{ config(meta={'dagster': {'ref': {'name': 'contact_merges'}}}) }}
select merges.old_contact_id
from {{ ref('contact_merges') }} as merges
inner join {{ ref('contact_id_map') }} as contacts on merges.old_contact_id = contacts.contact_id
