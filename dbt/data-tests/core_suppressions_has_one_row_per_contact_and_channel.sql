select contact_id, channel
from {{ ref('suppressions') }}
group by contact_id, channel
having count(*) > 1
