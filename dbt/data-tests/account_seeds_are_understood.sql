{{ config(meta={'dagster': {'ref': {'name': 'account_match_points'}}}) }}
-- A misspelt level or rule would be ignored without a word. The rows that fail say what is wrong with them.
{%- set levels = {
    'name': ['exact', 'exact_short', 'exact_generic', 'spelling', 'near_long', 'near', 'contained', 'acronym', 'domain', 'missing',
             'different'],
    'country': ['agree', 'differ'], 'city': ['agree', 'differ'], 'phone': ['agree', 'differ'],
    'domain': ['agree', 'same_stem', 'differ'], 'legal_form': ['agree', 'differ'], 'system': ['same'],
} -%}
{%- set rules = ['crm_merge', 'listed_alias', 'website_domain', 'hierarchy_website', 'domain_alias', 'email_domain', 'parent_domain',
    'billing_customer', 'crm_account', 'converted_account', 'hubspot_company', 'company_name', 'near_company_name', 'single_record',
    'job_change'] -%}
{%- set ranges = {
    'join_score': (0.5, 1), 'keep_score': (0, 1), 'choice_score': (0, 1), 'ambiguity_points': (0, 100), 'block_size': (2, 1000),
} %}
with known_levels as (
    {% for comparison, names in levels.items() %}{% for name in names -%}
    select '{{ comparison }}' as comparison, '{{ name }}' as level
    union all
    {% endfor %}{% endfor -%}
    select null, null where 1 = 0
),

known_rules as (
    {% for rule in rules %}select '{{ rule }}' as match_rule{{ ' union all ' if not loop.last }}{% endfor %}
),

known_settings as (
    {% for setting, range in ranges.items() -%}
    select '{{ setting }}' as setting, {{ range[0] }} as lowest, {{ range[1] }} as highest{{ ' union all' if not loop.last }}
    {% endfor -%}
),

levels as (
    select
        'account_match_points' as seed,
        coalesce(points.comparison, known.comparison) || ' ' || coalesce(points.level, known.level) as row_key,
        case
            when known.comparison is null then 'no such comparison and level'
            when points.comparison is null then 'the level is missing: give it 0 points to ignore it'
            when points.points is null then 'points are missing'
            when count(*) over (partition by points.comparison, points.level) > 1 then 'the level is there twice'
        end as problem
    from {{ ref('account_match_points') }} as points
    full outer join known_levels as known on points.comparison = known.comparison and points.level = known.level
),

rules as (
    select
        'account_match_rules' as seed,
        coalesce(rules.match_rule, known.match_rule) as row_key,
        case
            when known.match_rule is null then 'no such rule'
            when rules.match_rule is null then 'the rule is missing: set is_active to false to switch it off'
            when rules.is_active is null then 'is_active is neither true nor false'
            when coalesce(rules.match_score <= 0 or rules.match_score > 1, true) then 'a score is above 0 and at most 1'
            when count(*) over (partition by rules.match_rule) > 1 then 'the rule is there twice'
        end as problem
    from {{ ref('account_match_rules') }} as rules
    full outer join known_rules as known on rules.match_rule = known.match_rule
),

settings as (
    select
        'account_match_settings' as seed,
        coalesce(settings.setting, known.setting) as row_key,
        case
            when known.setting is null then 'no such setting'
            when settings.setting is null then 'the setting is missing'
            when coalesce(settings.value < known.lowest or settings.value > known.highest, true) then 'the value is out of range'
            when count(*) over (partition by settings.setting) > 1 then 'the setting is there twice'
        end as problem
    from {{ ref('account_match_settings') }} as settings
    full outer join known_settings as known on settings.setting = known.setting
),

words as (
    select
        'company_words' as seed,
        word as row_key,
        case
            when coalesce(kind not in ('generic', 'name', 'stop', 'nothing'), true) then 'kind is generic, name, stop or nothing'
            when kind <> 'nothing' and meaning is null then 'the meaning is missing'
            when count(*) over (partition by word) > 1 then 'the word is there twice'
        end as problem
    from {{ ref('company_words') }}
),

forms as (
    select
        'legal_forms' as seed,
        form as row_key,
        case
            when coalesce(position not in ('any', 'start', 'end'), true) then 'position is any, start or end'
            when count(*) over (partition by form, position) > 1 then 'the form is there twice'
        end as problem
    from {{ ref('legal_forms') }}
),

domains as (
    {% for seed in ['free_mail_domains', 'shared_website_domains', 'education_domains', 'domain_aliases'] -%}
    select '{{ seed }}' as seed, domain as row_key, count(*) as count_rows from {{ ref(seed) }} group by domain
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

hosts as (
    select
        seed,
        row_key,
        case
            when coalesce({{ normalised_domain('row_key') }} <> row_key, true) then 'no bare domain in lower case, as acme.com'
            when count_rows > 1 then 'the domain is there twice'
        end as problem
    from domains
),

final as (
    {% for step in ['levels', 'rules', 'settings', 'words', 'forms', 'hosts'] -%}
    select seed, row_key, problem from {{ step }} where problem is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select * from final
