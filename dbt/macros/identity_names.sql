{# When two normalised first names, or two last names, may be one person's. Null agrees with nothing and contradicts nothing. #}

{% macro nicknames() -%}
    {{ return([
        ('bob', 'robert'), ('bobby', 'robert'), ('bill', 'william'), ('billy', 'william'), ('liam', 'william'),
        ('dick', 'richard'), ('rick', 'richard'), ('ted', 'edward'), ('ned', 'edward'), ('ted', 'theodore'),
        ('tony', 'anthony'), ('jack', 'john'), ('jim', 'james'), ('jimmy', 'james'), ('mike', 'michael'),
        ('mick', 'michael'), ('chuck', 'charles'), ('hank', 'henry'), ('harry', 'henry'), ('kate', 'katherine'),
        ('kate', 'catherine'), ('kathy', 'katherine'), ('cathy', 'catherine'), ('peggy', 'margaret'),
        ('maggie', 'margaret'), ('meg', 'margaret'), ('betty', 'elizabeth'), ('liz', 'elizabeth'), ('lisa', 'elisabeth'),
        ('sandy', 'alexander'), ('sandy', 'sandra'), ('sue', 'susan'), ('larry', 'lawrence'), ('steve', 'stephen'),
        ('bernie', 'bernard'), ('sepp', 'josef'), ('sepp', 'joseph'), ('pepe', 'jose'), ('paco', 'francisco'),
        ('gigi', 'luigi'), ('beppe', 'giuseppe'), ('jan', 'johannes'), ('kees', 'cornelis'), ('wim', 'willem')]) }}
{%- endmacro %}

{# equal, one the start of the other (an initial, Rob and Robert), one inside the other (Beth), a slip of the pen, a nickname #}
{% macro names_agree(left_name, right_name) -%}
    (
        {{ left_name }} = {{ right_name }}
        or left({{ left_name }}, length({{ right_name }})) = {{ right_name }}
        or left({{ right_name }}, length({{ left_name }})) = {{ left_name }}
        or (length({{ left_name }}) >= 4 and {{ dbt.position(left_name, right_name) }} > 0)
        or (length({{ right_name }}) >= 4 and {{ dbt.position(right_name, left_name) }} > 0)
        or (least(length({{ left_name }}), length({{ right_name }})) >= 4 and levenshtein({{ left_name }}, {{ right_name }}) <= 1)
        or (least(length({{ left_name }}), length({{ right_name }})) >= 6 and levenshtein({{ left_name }}, {{ right_name }}) <= 2)
        or least({{ left_name }}, {{ right_name }}) || ' ' || greatest({{ left_name }}, {{ right_name }}) in (
            {%- for pair in nicknames() %}'{{ pair | sort | join(' ') }}'{{ ', ' if not loop.last }}{% endfor -%}
        )
    )
{%- endmacro %}

{# both present and clearly different #}
{% macro names_differ(left_name, right_name) -%}
    ({{ left_name }} is not null and {{ right_name }} is not null and not {{ names_agree(left_name, right_name) }})
{%- endmacro %}

{# a phone together with a name, as a node that records share #}
{% macro phone_node(relation) -%}
    {{ dbt.concat([
        "'phone:'", relation ~ ".phone_e164", "'|'", "coalesce(" ~ relation ~ ".first_name_key, '')", "' '",
        "coalesce(" ~ relation ~ ".last_name_key, '')"]) }}
{%- endmacro %}
