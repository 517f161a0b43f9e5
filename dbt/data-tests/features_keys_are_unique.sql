{{ config(meta={'dagster': {'ref': {'name': 'contact_features'}}}) }}
{{ rows_with_bad_keys({
    'feature_dates': ['as_of_date'],
    'contact_attributes': ['contact_id', 'known_on'],
    'account_attributes': ['account_id', 'known_on'],
    'opportunity_attributes': ['opportunity_id', 'known_on'],
    'buying_group_attributes': ['buying_group_id', 'known_on'],
    'member_roles': ['buying_group_id', 'contact_id', 'known_on'],
    'known_stages': ['entity_id', 'known_on'],
    'contact_features': ['contact_id', 'as_of_date'],
    'account_features': ['account_id', 'as_of_date'],
    'buying_group_features': ['buying_group_id', 'as_of_date'],
    'logged_choices': ['contact_id', 'decided_on'],
    'choice_outcomes': ['contact_id', 'decided_on', 'goal_id'],
}) }}
