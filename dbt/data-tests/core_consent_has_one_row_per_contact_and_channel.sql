select contact_id, channel
from {{ ref('consent') }}
group by contact_id, channel
having count(*) > 1
