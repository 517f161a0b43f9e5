{{ config(meta={'dagster': {'ref': {'name': 'contact_features'}}}) }}
{{ rows_with_bad_keys({
    'feature_dates': ['as_of_date'],
    'contact_features': ['contact_id', 'as_of_date'],
    'logged_choices': ['contact_id', 'decided_on'],
    'choice_outcomes': ['contact_id', 'decided_on', 'goal_id'],
}) }}
