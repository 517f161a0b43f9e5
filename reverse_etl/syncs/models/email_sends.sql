-- times as text: drt keeps refused rows as JSON
select
    sends.decision_id, sends.email, sends.action_id, sends.content_variant_id, sends.content,
    strftime(sends.send_at, '%Y-%m-%dT%H:%M:%SZ') as send_at, sends.recipient_time_zone,
    sends.consent_basis, sends.consent_source, manifest.published_at
from read_parquet('${NIGHTJAR_HOME}/published/latest/email_sends.parquet') as sends
cross join read_json('${NIGHTJAR_HOME}/published/latest/manifest.json', columns = {published_at: 'varchar'}) as manifest
order by sends.decision_id
