-- times as text: drt keeps refused rows as JSON
select
    tasks.decision_id, tasks.salesforce_who_id, tasks.salesforce_account_id, tasks.owner_id, tasks.subject,
    strftime(tasks.due_on, '%Y-%m-%d') as due_on,
    strftime(tasks.due_at, '%Y-%m-%dT%H:%M:%SZ') as due_at, tasks.priority, tasks.why, manifest.published_at
from read_parquet('${NIGHTJAR_HOME}/published/latest/crm_tasks.parquet') as tasks
cross join read_json('${NIGHTJAR_HOME}/published/latest/manifest.json', columns = {published_at: 'varchar'}) as manifest
order by tasks.decision_id
