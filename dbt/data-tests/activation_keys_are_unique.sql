-- Reverse-ETL tools follow a row by its key.
select table_name, row_key, count(*) as count_rows
from {{ ref('row_fingerprints') }}
group by 1, 2
having count(*) > 1 or row_key is null
