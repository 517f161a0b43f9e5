{# Companies that may be one, compared field by field; the points of account_match_points add up to a score.
   Only companies alike in one respect meet. A name alone brings two together if one of them has no domain: two with two
   domains need more in common. #}
{% set comparisons = ['name', 'country', 'city', 'phone', 'domain', 'legal_form', 'system'] -%}
with profiles as (
    select * from {{ ref('int_company_profiles') }}
),

settings as (
    select
        max(case when setting = 'block_size' then value end) as block_size,
        max(case when setting = 'keep_score' then value end) as keep_score
    from {{ ref('account_match_settings') }}
),

cores as (
    select core_key, count(*) as count_nodes, count(*) > count(website_domain) as is_open
    from profiles
    where length(core_key) >= 5
    group by core_key
),

places as (
    {% for place in range(1, 31) %}select {{ place }} as place{{ ' union all ' if not loop.last }}{% endfor %}
),

-- one letter is missing, too many or wrong: both are alike once a letter is left out
shortened as (
    select cores.core_key, cores.count_nodes, cores.is_open, left(cores.core_key, places.place - 1) || substring(cores.core_key, places.place + 1) as rest
    from cores
    inner join places on places.place <= length(cores.core_key)
    union
    select core_key, count_nodes, is_open, core_key from cores
),

-- a slip is made once: what several records say is a name of its own
near_cores as (
    select distinct a.core_key, b.core_key as near_core_key
    from shortened as a
    inner join shortened as b on a.rest = b.rest and a.core_key <> b.core_key
    where (a.count_nodes = 1 or b.count_nodes = 1) and (a.is_open or b.is_open) and left(a.core_key, 1) = left(b.core_key, 1)
),

-- is_open: two with two websites are compared too; is_longer: the block is the core of a name that goes on
keyed as (
    {% for key, is_open, is_longer, condition in [
        (dbt.concat(["'name|'", "spelling_key"]), false, false, 'true'),
        (dbt.concat(["'name|'", "words_key"]), false, false, 'words_key <> spelling_key'),
        (dbt.concat(["'core|'", "core_key"]), false, false, 'core_key = spelling_key'),
        (dbt.concat(["'core|'", "core_key"]), false, true, 'core_key <> spelling_key'),
        (dbt.concat(["'initials|'", "spelling_key"]), false, false, 'length(spelling_key) between 3 and 6'),
        (dbt.concat(["'initials|'", initials('company_key')]), false, false, "company_key like '% % %'"),
        (dbt.concat(["'phone|'", "phone_tail"]), true, false, 'true'),
        (dbt.concat(["'stem|'", "domain_stem"]), true, false, 'true'),
    ] -%}
    select node, website_domain, {{ key }} as block, {{ is_open }} as is_open, {{ is_longer }} as is_longer
    from profiles
    where {{ condition }}
    union all
    {% endfor -%}
    select
        profiles.node,
        profiles.website_domain,
        {{ dbt.concat(["'near|'", "least(near_cores.core_key, near_cores.near_core_key)", "'|'", "greatest(near_cores.core_key, near_cores.near_core_key)"]) }},
        false,
        false
    from profiles
    inner join near_cores on profiles.core_key = near_cores.core_key
),

-- two with one website are one already; of two with two a name says nothing, but a phone number or a registered name does
blocks as (
    select keyed.block
    from keyed
    cross join settings
    where keyed.block is not null
    group by keyed.block, settings.block_size
    having
        count(distinct coalesce(keyed.website_domain, keyed.node)) > 1
        and count(distinct keyed.node) <= settings.block_size
        and (count(*) > count(keyed.website_domain) or max(case when keyed.is_open then 1 else 0 end) = 1)
        and min(case when keyed.is_longer then 1 else 0 end) = 0
),

sized as (
    select distinct keyed.node, keyed.website_domain, keyed.is_open, keyed.is_longer, keyed.block
    from keyed
    inner join blocks on keyed.block = blocks.block
),

met as (
    select distinct least(a.node, b.node) as left_node, greatest(a.node, b.node) as right_node
    from sized as a
    inner join sized as b on a.block = b.block and a.node <> b.node
    where
        (a.website_domain is null or a.is_open)
        and coalesce(a.website_domain <> b.website_domain, true)
        and not (a.is_longer and b.is_longer)
),

side_by_side as (
    select
        met.left_node,
        met.right_node,
        a.kind as left_kind,
        b.kind as right_kind,
        {% for column in ['company_key', 'spelling_key', 'words_key', 'core_key', 'legal_region', 'country_code', 'city_key',
                          'phone_tail', 'domain', 'domain_stem'] -%}
        a.{{ column }} as left_{{ column }},
        b.{{ column }} as right_{{ column }},
        {% endfor -%}
        least(length(a.spelling_key), length(b.spelling_key)) as length_shorter,
        least(length(a.core_key), length(b.core_key)) as length_core,
        case
            when (near_cores.core_key is not null or a.core_key = b.core_key) and a.spelling_key <> b.spelling_key
            and left(a.spelling_key, 1) = left(b.spelling_key, 1)
            and {{ regexp_replace_all('a.spelling_key', '[^0-9]', '') }} = {{ regexp_replace_all('b.spelling_key', '[^0-9]', '') }}
                then {{ count_slips('a.spelling_key', 'b.spelling_key') }}
        end as count_slips,
        near_cores.core_key is not null as is_near_core
    from met
    inner join profiles as a on met.left_node = a.node
    inner join profiles as b on met.right_node = b.node
    left join near_cores on a.core_key = near_cores.core_key and b.core_key = near_cores.near_core_key
),

compared as (
    select
        left_node,
        right_node,
        case
            when left_company_key = right_company_key and left_core_key is null then 'exact_generic'
            when left_company_key = right_company_key and length_shorter < 6 then 'exact_short'
            when left_company_key = right_company_key then 'exact'
            when left_spelling_key = right_spelling_key or left_words_key = right_words_key
                then case when left_core_key is null then 'exact_generic' when length_shorter < 6 then 'exact_short' else 'spelling' end
            when count_slips <= 2 and (is_near_core or left_core_key = right_core_key)
                then case when count_slips = 1 and length_core >= 9 then 'near_long' else 'near' end
            when left_core_key = right_core_key and (left_core_key = left_spelling_key or right_core_key = right_spelling_key)
                then 'contained'
            when {{ initials('left_company_key') }} = right_spelling_key
                or {{ initials('right_company_key') }} = left_spelling_key
                then 'acronym'
            when left_company_key is null and {{ domain_spelling('right_company_key') }} = {{ domain_spelling('left_domain_stem') }}
                or right_company_key is null and {{ domain_spelling('left_company_key') }} = {{ domain_spelling('right_domain_stem') }}
                then 'domain'
            when left_company_key is null or right_company_key is null then 'missing'
            else 'different'
        end as name_level,
        case when left_country_code = right_country_code then 'agree' when left_country_code <> right_country_code then 'differ' end
            as country_level,
        case
            when left_city_key = right_city_key
                or (length(left_city_key) >= 6 and length(right_city_key) >= 6 and levenshtein(left_city_key, right_city_key) <= 2)
                then 'agree'
            when left_city_key <> right_city_key and left_country_code = right_country_code then 'differ'
        end as city_level,
        case when left_phone_tail = right_phone_tail then 'agree' when left_phone_tail <> right_phone_tail then 'differ' end
            as phone_level,
        case
            when left_domain = right_domain then 'agree'
            when left_domain_stem = right_domain_stem then 'same_stem'
            when left_domain <> right_domain then 'differ'
        end as domain_level,
        case when left_legal_region = right_legal_region then 'agree' when left_legal_region <> right_legal_region then 'differ' end
            as legal_form_level,
        case when left_kind = right_kind and left_kind in ('salesforce_account', 'hubspot_company') then 'same' end as system_level
    from side_by_side
),

pointed as (
    select
        compared.left_node,
        compared.right_node,
        compared.name_level,
        compared.domain_level,
        {% for comparison in comparisons -%}
        coalesce({{ comparison }}_points.points, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as points
    from compared
    {% for comparison in comparisons -%}
    left join {{ ref('account_match_points') }} as {{ comparison }}_points
        on {{ comparison }}_points.comparison = '{{ comparison }}' and compared.{{ comparison }}_level = {{ comparison }}_points.level
    {% endfor %}
),

scored as (
    select *, round(1 / (1 + power(2, -points)), 6) as score from pointed
),

final as (
    select
        scored.left_node,
        scored.right_node,
        scored.name_level,
        scored.domain_level,
        scored.points,
        scored.score
    from scored
    cross join settings
    where scored.score >= settings.keep_score
)

select * from final
