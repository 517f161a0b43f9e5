{# Which value of a field survives in the golden record. Seed survivorship_rules says in which order the rules are asked; here each
   rule is a number from 0 to 9 (more is better), and a value's score is those numbers, weighted by the rules' places, plus the
   recency of its record. A rule of an earlier place outweighs all later ones together. #}

{# fields of a record, as record columns, and the rules beside source_order and recent that can be asked of each #}
{% macro record_fields() -%}
    {{ return({
        'first_name': {'complete': 'case when length(first_name_key) > 1 then 1 else 0 end'},
        'last_name': {},
        'title': {'present_company': 'is_at_present_company'},
        'country_code': {'present_company': 'is_at_present_company'},
        'time_zone': {'present_company': 'is_at_present_company'},
        'owner_id': {'present_company': 'is_at_present_company'},
        'lead_source': {},
        'address': {
            'present_company': 'is_at_present_company',
            'complete': 'case when city is not null then 1 else 0 end + case when postal_code is not null then 1 else 0 end',
        },
    }) }}
{%- endmacro %}

{# columns that are chosen together: a city of one record and a postal code of another are no address #}
{% macro address_fields() %}{{ return(['state', 'city', 'postal_code']) }}{% endmacro %}

{# rules by field that the seed may name #}
{% macro known_survivorship_rules() -%}
    {%- set known = {'email': ['present_company', 'personal', 'verified', 'primary'], 'phone_e164': ['present_company', 'verified']} -%}
    {%- for field, rules in record_fields().items() %}{% do known.update({field: rules.keys() | list}) %}{% endfor -%}
    {{ return(known) }}
{%- endmacro %}

{# places before recency, and what the rule of a place weighs: a step of it is worth twice all steps of the places below together #}
{% macro survivorship_places() %}{{ return(6) }}{% endmacro %}
{% macro weight_of_place(place) %}{{ return(10 ** 11 * 20 ** (survivorship_places() - place)) }}{% endmacro %}
{% macro place_weight(place) -%}
    case {{ place }} {% for number in range(1, 7) %}when {{ number }} then {{ weight_of_place(number) }} {% endfor %}else 0 end
{%- endmacro %}

{# minutes since 1970, and behind them the precedence of the record, which makes it unique within a contact #}
{% macro recency(dated_at, precedence) -%}
    cast({{ dbt.datediff("cast('1970-01-01' as " ~ dbt.type_timestamp() ~ ")", dated_at, 'minute') }} as bigint) * 1000 + least({{ precedence }}, 999)
{%- endmacro %}

{# the precedence of the record that gave a value with this score #}
{% macro precedence_of_score(score) %}({{ score }} % 1000){% endmacro %}

{# one row: the weight of each rule of each field asked for, as columns `<field>_<rule>`; fields: name → rules #}
{% macro rule_weights(fields) -%}
    select
        {% for field, rules in fields.items() %}{% for rule in rules -%}
        cast(coalesce(max(case when field = '{{ field }}' and rule = '{{ rule }}' then {{ place_weight('place') }} end), 0) as bigint)
            as {{ field }}_{{ rule }},
        {% endfor %}{% endfor -%}
        count(*) as count_rules
    from {{ ref('survivorship_rules') }}
{%- endmacro %}

{# one row per source and object, for records with these columns: the weighted place in the source order, as columns `<field>_source` #}
{% macro source_scores(fields, records) -%}
    select
        kinds.source,
        kinds.object
        {%- for field in fields %},
        cast(coalesce(max(case when rules.field = '{{ field }}' then rules.weight * (9 - rules.count_before) end), 0) as bigint)
            as {{ field }}_source
        {%- endfor %}
    from (select distinct source, object from {{ records }}) as kinds
    left join (
        select
            listed.field,
            {{ place_weight('listed.place') }} as weight,
            listed.listed_source,
            row_number() over (partition by listed.field order by listed.position) - 1 as count_before
        from (
            select
                field,
                place,
                names.name as listed_source,
                {{ dbt.position("' ' || names.name || ' '", "' ' || source_order || ' '") }} as position
            from {{ ref('survivorship_rules') }} as seed
            cross join (select distinct source || '.' || object as name from {{ records }}) as names
            where seed.rule = 'source_order'
        ) as listed
        where listed.position > 0
    ) as rules on kinds.source || '.' || kinds.object = rules.listed_source
    group by kinds.source, kinds.object
{%- endmacro %}

{# the rule on which the winner's score first differs from the runner-up's: the difference says at which place #}
{% macro deciding_place(difference) -%}
    case
        {% for number in range(1, 7) -%}
        when {{ difference }} >= {{ weight_of_place(number) // 2 }} then {{ number }}
        {% endfor -%}
    end
{%- endmacro %}
