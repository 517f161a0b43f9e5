{# Each ad platform normalises in its own way before SHA-256 (lower-case hex); null stays null. Sources: Google data manager
   formatting, Meta customer information parameters, TikTok custom audience file, LinkedIn a1489764. The argument `platform` is one
   of google, meta, tiktok, linkedin. #}

{# the part of an e-mail before the @ without its dots: to Gmail they are one address #}
{% macro without_dots(email) %}
{{ dbt.concat(["replace(" ~ dbt.split_part(email, "'@'", 1) ~ ", '.', '')", "'@'", dbt.split_part(email, "'@'", 2)]) }}
{%- endmacro %}

{% macro platform_email(platform, email) %}
{%- set spaceless = "lower(" ~ regexp_replace_all(email, '\\s', '') ~ ")" -%}
{%- if platform == 'google' -%}
case when {{ regexp_matches(spaceless, '@(gmail|googlemail)[.]com$') }} then {{ without_dots(spaceless) }} else {{ spaceless }} end
{%- elif platform == 'tiktok' -%}
{{ spaceless }}
{%- else -%}
lower(trim({{ email }}))
{%- endif -%}
{% endmacro %}

{# phone_e164 has its +; Meta takes digits only, LinkedIn takes no phone #}
{% macro platform_phone(platform, phone_e164) %}
{%- if platform == 'meta' -%}
{{ regexp_replace_all(phone_e164, '[^0-9]', '') }}
{%- elif platform == 'linkedin' -%}
cast(null as {{ dbt.type_string() }})
{%- else -%}
{{ phone_e164 }}
{%- endif -%}
{% endmacro %}

{# Google: no titles or suffixes; Meta: no punctuation #}
{% macro platform_name(platform, name) %}
{%- if platform == 'google' -%}
{%- set untitled = regexp_replace_all("lower(trim(" ~ name ~ "))", '^(mr|mrs|ms|miss|dr|prof)([.] *| +)', '') -%}
trim({{ regexp_replace_all(untitled, ',? +(jr|sr|ii|iii|iv|phd|md|esq)[.]?$', '') }})
{%- elif platform == 'meta' -%}
lower(trim({{ regexp_replace_all(name, '[^\\p{L}\\p{M}\\p{N} ]', '') }}))
{%- else -%}
cast(null as {{ dbt.type_string() }})
{%- endif -%}
{% endmacro %}

{# Meta: postcode without space or dash; city and state letters only #}
{% macro platform_postal_code(postal_code) %}lower({{ regexp_replace_all(postal_code, '[\\s-]', '') }}){% endmacro %}
{% macro platform_place(place) %}lower({{ regexp_replace_all(place, '[^\\p{L}\\p{M}]', '') }}){% endmacro %}

{# SHA-256 of a normalised value; nothing to hash: null, never the hash of nothing #}
{% macro hashed(normalised) %}{{ sha256_hex("nullif(" ~ normalised ~ ", '')") }}{% endmacro %}
