{# What a host, a phone number or initials say about a company. #}

{# universities and schools: people of many organisations share their domains #}
{% macro is_education_domain(expression) -%}
    coalesce({{ regexp_matches(expression, '([.]edu|[.](edu|ac|sch)[.][a-z][a-z]|[.]k12[.][a-z][a-z][.]us|^(.*[.])?(uni|univ|tu|fh|hs|th)-[a-z-]+[.][a-z]+|^(.*[.])?(university|universite|universidad)[a-z-]*[.][a-z.]+)$') }}, false)
{%- endmacro %}

{# more distinct companies than this in one mail domain that is nobody's website, and it is a mail provider #}
{% macro companies_per_domain() %}10{% endmacro %}
{# more distinct names than this on one website, and it is only of those companies that are called as it is #}
{% macro names_per_website() %}3{% endmacro %}

{# second-level names under which countries register, as in acme.co.uk #}
{% macro registries() %}(co|com|net|org|gov|ac|edu|or|ne|gob|gen|ltd|plc|me|nom|info|biz|gv|mil|in|firm|web)[.][a-z][a-z]{% endmacro %}

{# a website without what stands before a company's domain: shop.acme.com, de.acme.com → acme.com #}
{% macro without_site_prefix(host) -%}
    {%- set rest = regexp_replace_all(host, '^(www[0-9]|m|web|shop|store|blog|home|corp|corporate|info|about|careers|jobs|support|online|portal|intl|global|[a-z][a-z])[.]', '') -%}
    case when {{ rest }} like '%.%' and not {{ regexp_matches(rest, '^' ~ registries() ~ '$') }} then {{ rest }} else {{ host }} end
{%- endmacro %}

{# the name that was registered: mail.acme.co.uk → acme #}
{% macro domain_stem(domain) %}{{ return(adapter.dispatch('domain_stem')(domain)) }}{% endmacro %}
{% macro default__domain_stem(domain) -%}
    nullif(regexp_extract({{ domain }}, '([^.]+)[.](?:{{ registries() | replace('(', '(?:') }}|[^.]+)$', 1), '')
{%- endmacro %}

{# the end of a phone number, alike with and without prefixes; what is too short or one digit repeated is null #}
{% macro phone_tail(phone) -%}
    {%- set digits = regexp_replace_all(phone, '[^0-9]', '') -%}
    case
        when length({{ digits }}) >= 7 and replace({{ digits }}, right({{ digits }}, 1), '') <> '' then right({{ digits }}, 8)
    end
{%- endmacro %}

{# a name as a domain would have it; German vowels have two spellings #}
{% macro domain_spelling(expression) -%}
    replace(replace(replace({{ regexp_replace_all(expression, '[^a-z0-9]', '') }}, 'ae', 'a'), 'oe', 'o'), 'ue', 'u')
{%- endmacro %}

{# the first letters of words: international business machines → ibm #}
{% macro initials(words) %}{{ return(adapter.dispatch('initials')(words)) }}{% endmacro %}
{% macro default__initials(words) %}regexp_replace({{ words }}, '([a-z0-9])[a-z0-9]* ?', '\1', 'g'){% endmacro %}
{% macro spark__initials(words) %}regexp_replace({{ words }}, '([a-z0-9])[a-z0-9]* ?', '$1'){% endmacro %}
