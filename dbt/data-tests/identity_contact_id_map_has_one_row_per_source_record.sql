select source, object, source_id
from {{ ref('contact_id_map') }}
group by source, object, source_id
having count(*) > 1
