{# How clearly two normalised names must differ before they keep records apart, whatever else these have in common. #}

{# share of the letters of two texts that both have: 1 the same letters, 0 none #}
{% macro letters_in_common(left_text, right_text) %}{{ return(adapter.dispatch('letters_in_common')(left_text, right_text)) }}{% endmacro %}
{% macro default__letters_in_common(left_text, right_text) %}jaccard({{ left_text }}, {{ right_text }}){% endmacro %}
{% macro spark__letters_in_common(left_text, right_text) -%}
    size(array_intersect(split({{ left_text }}, ''), split({{ right_text }}, '')))
    / size(array_union(split({{ left_text }}, ''), split({{ right_text }}, '')))
{%- endmacro %}

{# Both present and neither a misspelling, a short form nor a swap of letters of the other. On labelled people (fake_20000 of
   Splink) 1 pair of one person in 6,000 is as different, and 94 of 100 pairs of different first names are. A name in another
   script may be the same name. #}
{% macro names_are_far_apart(left_name, right_name) -%}
    (
        {{ left_name }} <> {{ right_name }}
        and left({{ left_name }}, 2) <> left({{ right_name }}, 2)
        and {{ letters_in_common(left_name, right_name) }} < 0.5
        and {{ regexp_matches(left_name, '^[a-z]') }} = {{ regexp_matches(right_name, '^[a-z]') }}
        and {{ names_differ(left_name, right_name) }}
    )
{%- endmacro %}
