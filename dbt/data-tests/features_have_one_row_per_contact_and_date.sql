select contact_id, as_of_date, count(*) as count_rows
from {{ ref('contact_features') }}
group by 1, 2
having count(*) > 1
