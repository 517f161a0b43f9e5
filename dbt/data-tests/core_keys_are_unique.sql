{{ config(meta={'dagster': {'ref': {'name': 'contacts'}}}) }}
{{ rows_with_bad_keys({
    'contacts': ['contact_id'],
    'accounts': ['account_id'],
    'owners': ['owner_id'],
    'opportunities': ['opportunity_id'],
    'consent': ['contact_id', 'channel'],
    'suppressions': ['contact_id', 'channel'],
    'touches': ['touch_id'],
    'activities': ['activity_id'],
    'activity_days': ['contact_id', 'activity', 'occurred_on', 'known_on'],
    'touch_days': ['contact_id', 'channel', 'direction', 'occurred_on', 'known_on'],
    'outcomes': ['outcome_id'],
    'buying_groups': ['buying_group_id'],
    'buying_group_members': ['buying_group_id', 'contact_id'],
}) }}
