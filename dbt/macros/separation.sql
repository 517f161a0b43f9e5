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
{% macro names_are_far_apart(left_name, right_name, common_letters=0.5) -%}
    (
        {{ left_name }} <> {{ right_name }}
        and left({{ left_name }}, 2) <> left({{ right_name }}, 2)
        and {{ letters_in_common(left_name, right_name) }} < {{ common_letters }}
        and {{ regexp_matches(left_name, '^[a-z]') }} = {{ regexp_matches(right_name, '^[a-z]') }}
        and {{ names_differ(left_name, right_name) }}
    )
{%- endmacro %}

{# one mailbox is the other with a number of two digits or more behind it: a company's mail system numbers namesakes #}
{% macro is_numbered_mailbox(short_mailbox, long_mailbox) -%}
    (
        left({{ long_mailbox }}, length({{ short_mailbox }})) = {{ short_mailbox }}
        and {{ regexp_matches("substring(" ~ long_mailbox ~ ", length(" ~ short_mailbox ~ ") + 1)", "^[0-9][0-9]+$") }}
        and not {{ regexp_matches(short_mailbox, "[0-9]$") }}
    )
{%- endmacro %}

{# one name is the other with what tells a child from a parent behind it #}
{% macro is_name_of_other_generation(short_name, long_name) -%}
    (
        left({{ long_name }}, length({{ short_name }})) = {{ short_name }}
        and substring({{ long_name }}, length({{ short_name }}) + 1) in (
            'jr', 'junior', 'jun', 'sr', 'senior', 'sen', 'ii', 'iii', 'iv', 'filho', 'neto', 'hijo', 'figlio', 'fils'
        )
    )
{%- endmacro %}
