{# Deleted accounts, contacts and leads: a record that was merged into another names it, so that its key can follow. #}
{% for object in ['account', 'contact', 'lead'] %}
select
    '{{ object }}' as object,
    id as record_id,
    {{ trimmed('master_record_id') }} as master_record_id
from {{ source('raw', 'salesforce__' ~ object) }}
where _is_deleted
{% if not loop.last %}union all{% endif %}
{% endfor %}
