{{ config(meta={'dagster': {'ref': {'name': 'contact_features'}}}) }}
select features.contact_id
from {{ ref('contact_features') }} as features
inner join {{ ref('contacts') }} as contacts on features.contact_id = contacts.contact_id
where contacts.has_objected
