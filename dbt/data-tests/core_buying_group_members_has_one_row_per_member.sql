select buying_group_id, contact_id
from {{ ref('buying_group_members') }}
group by buying_group_id, contact_id
having count(*) > 1
