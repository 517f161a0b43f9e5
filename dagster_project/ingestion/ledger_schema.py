"""Column types of the ledger's kinds, as SQL sees them. The raw ledger tables have them from the first night on."""

CONTACT_KEYS = {
    "source": "varchar",
    "object": "varchar",
    "source_id": "varchar",
    "contact_id": "varchar",
    "is_anchor": "boolean",
    "assigned_on": "date",
}
ACCOUNT_KEYS = {
    "kind": "varchar",
    "identifier": "varchar",
    "account_id": "varchar",
    "is_anchor": "boolean",
    "assigned_on": "date",
}
MERGES = {
    "entity": "varchar",
    "old_id": "varchar",
    "new_id": "varchar",
    "merged_at": "timestamp",
    "reason": "varchar",
}
SPLITS = {
    "entity": "varchar",
    "record_key": "varchar",
    "old_id": "varchar",
    "new_id": "varchar",
    "split_at": "timestamp",
    "reason": "varchar",
}
MATCH_PARAMETERS = {
    "settings_version": "varchar",
    "parameters": "varchar",
    "trained_on": "date",
    "count_records": "bigint",
}
ARMS = {"unit_id": "varchar", "arm": "varchar", "assigned_on": "date"}
DECISIONS = {
    "decision_id": "varchar",
    "run_date": "date",
    "contact_id": "varchar",
    "account_id": "varchar",
    "arm": "varchar",
    "action_id": "varchar",
    "channel": "varchar",
    "content_variant_id": "varchar",
    "send_at": "timestamp",
    "recipient_time_zone": "varchar",
    "owner_id": "varchar",
    "goal_id": "varchar",
    "propensity": "double",
    "uplift": "double",
    "expected_value": "double",
    "cost": "double",
    "action_probability": "double",
    "runner_up_action_id": "varchar",
    "reason_codes": "varchar[]",
    "no_action_gate": "varchar",
    "eligible_action_ids": "varchar[]",
    "autonomy_mode": "varchar",
    "approval_status": "varchar",
    "model_version": "varchar",
    "policy_version": "varchar",
    "seed": "bigint",
    "content": "varchar",
    "content_probability": "double",
    "content_probabilities": "varchar",
    "send_hour_probability": "double",
    "preferred_send_at": "timestamp",
    "send_hour_basis": "varchar",
    "net_value": "double",
    "lever_factor": "double",
    "contact_price": "double",
    "runner_up_net_value": "double",
    "review_reasons": "varchar[]",
    "reviewer": "varchar",
}
# A file's content and the night that found it first.
FILES = {"source": "varchar", "object": "varchar", "file_hash": "varchar", "first_seen_on": "date"}
# Whose an address, login, record or device became after the home's first night; the identifier as SHA-256.
ATTRIBUTIONS = {"kind": "varchar", "identifier_hash": "varchar", "contact_id": "varchar", "known_on": "date"}
# By what somebody was known who was forgotten: nothing but a keyed hash. `key_id` tells the key it was made with.
ERASURES = {"kind": "varchar", "identifier_hash": "varchar", "key_id": "varchar", "erased_on": "date"}
# Where a record said that its person works (a company's node, the domain of the address), and since when.
COMPANY_CLAIMS = {
    "source": "varchar",
    "object": "varchar",
    "source_id": "varchar",
    "company": "varchar",
    "email_domain": "varchar",
    "claimed_at": "timestamp",
    "is_change": "boolean",
    "known_on": "date",
}
# The kinds that SQL reads, each as `raw.ledger_<kind>`.
LEDGER_COLUMNS = {
    "contact_keys": CONTACT_KEYS,
    "account_keys": ACCOUNT_KEYS,
    "merges": MERGES,
    "splits": SPLITS,
    "match_parameters": MATCH_PARAMETERS,
    "company_claims": COMPANY_CLAIMS,
    "arms": ARMS,
    "decisions": DECISIONS,
    "files": FILES,
    "attributions": ATTRIBUTIONS,
    "erasures": ERASURES,
}
