{{ config(meta={'dagster': {'ref': {'name': 'row_fingerprints'}}}) }}
-- Reverse-ETL tools follow a row by its key; and nobody gets two mails a night, also not at an address that people share.
select table_name, row_key, count(*) as count_rows
from {{ ref('row_fingerprints') }}
group by 1, 2
having count(*) > 1 or row_key is null
union all
select 'email_sends' as table_name, email as row_key, count(*) as count_rows
from {{ ref('email_sends') }}
group by 2
having count(*) > 1
