{{ config(meta={'dagster': {'ref': {'name': 'contact_id_map'}}}) }}
{{ rows_with_bad_keys({
    'int_contact_keys': ['record_key'],
    'int_account_keys': ['record_key'],
    'int_contact_accounts': ['contact_id'],
    'account_matches': ['contact_id', 'account_id'],
    'account_id_map': ['kind', 'identifier'],
    'contact_id_map': ['source', 'object', 'source_id'],
    'contact_merges': ['old_contact_id'],
    'contact_splits': ['source', 'object', 'source_id', 'split_at'],
    'int_contact_cuts': ['left_record', 'right_record', 'match_rule'],
    'web_identities': ['anonymous_id'],
    'emails': ['email_normalised'],
}) }}
