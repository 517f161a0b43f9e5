{# How a table of versions is kept: each night appends what is not as it was, so that any past day can be read as it was known.
   A model of versions is incremental (append, full_refresh false, forget_the_night as pre_hook) and begins with a CTE `tonight`. #}

{# the day since which the first night's version counts as known #}
{% macro known_since_ever() %}cast('1970-01-01' as date){% endmacro %}

{# the same night again appends its versions anew #}
{% macro forget_the_night() %}
{%- if is_incremental() -%}delete from {{ this }} where known_on = {{ run_date() }}{%- endif -%}
{% endmacro %}

{# The steps after `tonight` (one row per key, with the columns): `final` is the versions to append. #}
{% macro versions(key, columns) %}
fingerprints as (
    select
        tonight.*,
        {{ row_fingerprint(columns) }} as fingerprint
    from tonight
),

{% if is_incremental() -%}
latest as (
    select
        {{ key | join(', ') }},
        {{ latest_by('fingerprint', 'known_on') }} as fingerprint
    from {{ this }}
    group by {{ key | join(', ') }}
),

changed as (
    select fingerprints.*
    from fingerprints
    left join latest on {% for of in key %}fingerprints.{{ of }} = latest.{{ of }}{{ ' and ' if not loop.last }}{% endfor %}
    where latest.fingerprint is null or latest.fingerprint <> fingerprints.fingerprint
),

gone as (
    select {% for of in key %}latest.{{ of }}{{ ', ' if not loop.last }}{% endfor %}
    from latest
    left join fingerprints on {% for of in key %}latest.{{ of }} = fingerprints.{{ of }}{{ ' and ' if not loop.last }}{% endfor %}
    where fingerprints.fingerprint is null and latest.fingerprint <> 'gone'
),
{%- endif %}

final as (
    select
        {% for of in key + columns %}{{ of }},
        {% endfor -%}
        {{ run_date() if is_incremental() else known_since_ever() }} as known_on,
        {{ run_date() }} as recorded_on,
        false as is_gone,
        fingerprint
    from {{ 'changed' if is_incremental() else 'fingerprints' }}
    {%- if is_incremental() %}
    union all
    select
        {% for of in key %}{{ of }},
        {% endfor -%}
        {% for column in columns %}null as {{ column }},
        {% endfor -%}
        {{ run_date() }} as known_on,
        {{ run_date() }} as recorded_on,
        true as is_gone,
        'gone' as fingerprint
    from gone
    {%- endif %}
)
{% endmacro %}

{# The version of each key that was known on each date of the CTE `dates`, as two CTEs: <name>_known_on and <name>. #}
{% macro versions_on_dates(name, model, key) %}
{{ name }}_known_on as (
    select
        dates.as_of_date,
        {% for of in key %}versions.{{ of }},
        {% endfor -%}
        max(versions.known_on) as known_on
    from {{ ref(model) }} as versions
    inner join dates on versions.known_on <= dates.as_of_date
    group by dates.as_of_date, {% for of in key %}versions.{{ of }}{{ ', ' if not loop.last }}{% endfor %}
),

{{ name }} as (
    select
        known.as_of_date,
        versions.*
    from {{ ref(model) }} as versions
    inner join {{ name }}_known_on as known
        on {% for of in key %}versions.{{ of }} = known.{{ of }} and {% endfor %}versions.known_on = known.known_on
    where not versions.is_gone
)
{% endmacro %}
