{# How source values are brought to one form, so that equal things are equal text. #}

{# text without surrounding blanks; empty is null #}
{% macro trimmed(expression) %}nullif(trim({{ expression }}), ''){% endmacro %}

{% macro without_whitespace(expression) %}{{ return(adapter.dispatch('without_whitespace')(expression)) }}{% endmacro %}
{% macro default__without_whitespace(expression) %}regexp_replace({{ expression }}, '\s', '', 'g'){% endmacro %}
{% macro spark__without_whitespace(expression) %}regexp_replace({{ expression }}, '\\s', ''){% endmacro %}

{# lower case, no whitespace at all; what is no address is null #}
{% macro normalised_email(expression) %}{{ return(adapter.dispatch('normalised_email')(expression)) }}{% endmacro %}
{# most are in that form already: to see that is half the work #}
{% macro default__normalised_email(expression) -%}
    case
        when regexp_matches({{ expression }}, '^[a-z0-9._+-]+@[a-z0-9.-]+[.][a-z0-9-]+$') then {{ expression }}
        else {{ email_from_text(expression) }}
    end
{%- endmacro %}
{% macro spark__normalised_email(expression) %}{{ return(email_from_text(expression)) }}{% endmacro %}

{% macro email_from_text(expression) -%}
    nullif(regexp_extract(lower({{ without_whitespace(expression) }}), '^[^@<>,;()]+@[^@<>,;()]+[.][^@.<>,;()]+$', 0), '')
{%- endmacro %}

{% macro email_domain(expression) %}{{ dbt.split_part(expression, "'@'", 2) }}{% endmacro %}
{% macro email_mailbox(expression) %}{{ dbt.split_part(expression, "'@'", 1) }}{% endmacro %}

{# bare host of a website, domain or address: https://www.Acme.com/en → acme.com; what has no dot is null #}
{% macro normalised_domain(expression) -%}
    {%- set lowered = 'lower(' ~ without_whitespace(expression) ~ ')' -%}
    {%- set without_start = regexp_replace_all(lowered, '^([a-z]+://)?([^/@]*@)?(www[.])?', '') -%}
    {%- set host = regexp_replace_all(without_start, '([/?:#].*|[.])$', '') -%}
    nullif(regexp_extract({{ host }}, '^.+[.].+$', 0), '')
{%- endmacro %}

{% macro without_accents(expression) %}{{ return(adapter.dispatch('without_accents')(expression)) }}{% endmacro %}
{% macro default__without_accents(expression) %}strip_accents({{ expression }}){% endmacro %}
{% macro spark__without_accents(expression) -%}
    translate({{ expression }}, 'àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ', 'aaaaaaceeeeiiiinoooooouuuuyy')
{%- endmacro %}

{# Cyrillic and Greek in Latin letters; other text as it is #}
{% macro romanised(expression) -%}
    {%- set pairs = [
        ('ж', 'zh'), ('х', 'kh'), ('ц', 'ts'), ('ч', 'ch'), ('щ', 'shch'), ('ш', 'sh'), ('ю', 'yu'), ('я', 'ya'), ('ё', 'e'), ('й', 'y'),
        ('ї', 'yi'), ('є', 'ye'), ('θ', 'th'), ('χ', 'ch'), ('ψ', 'ps'), ('ъ', ''), ('ь', '')] -%}
    {%- set found = namespace(text="translate(" ~ expression ~ ", 'абвгдезиклмнопрстуфыэіґαβγδεζηικλμνξοπρσςτυφωάέήίόύώ', 'abvgdeziklmnoprstufyeigavgdeziiklmnxoprsstyfoaeiioyo')") -%}
    {%- for letter, latin in pairs %}{% set found.text = "replace(" ~ found.text ~ ", '" ~ letter ~ "', '" ~ latin ~ "')" %}{% endfor -%}
    case when {{ regexp_matches(expression, '[α-ωά-ώа-яёіїєґ]') }} then {{ found.text }} else {{ expression }} end
{%- endmacro %}

{# a person's name for comparison: Latin letters only, lower case, no accents; a name in a script of Asia stays as it is #}
{% macro normalised_name(expression) -%}
    nullif({{ regexp_replace_all(without_accents(romanised('lower(' ~ expression ~ ')')), "[ 0-9.,;:_()*/''`-]", '') }}, '')
{%- endmacro %}

{# words of a text, lower case, no accents, single blanks between them #}
{% macro normalised_words(expression) -%}
    trim({{ regexp_replace_all(without_accents('lower(' ~ expression ~ ')'), "[ .,;:_()*/&+|!?<>@#''`-]+", ' ') }})
{%- endmacro %}

{# a date as ISO text, from text that begins so; anything else is null #}
{% macro date_text(expression) -%}
    nullif(regexp_extract(trim({{ expression }}), '^[0-9]{4}-[0-9]{2}-[0-9]{2}', 0), '')
{%- endmacro %}

{# HubSpot ids are whole numbers, which spreadsheets export as 123.0 #}
{% macro hubspot_id(expression) %}{{ regexp_replace_all(trimmed(expression), '[.]0$', '') }}{% endmacro %}

{# consent is given per channel; what a source calls otherwise, and `all` for what can't be understood #}
{% macro consent_channel(expression) -%}
    case lower(trim({{ expression }}))
        when 'email' then 'email' when 'e-mail' then 'email' when 'mail' then 'email'
        when 'sms' then 'sms' when 'text' then 'sms'
        when 'phone' then 'phone' when 'call' then 'phone' when 'telephone' then 'phone'
        when 'push' then 'push'
        when 'ads' then 'ads' when 'ad' then 'ads' when 'advertising' then 'ads'
        when 'post' then 'post' when 'postal' then 'post' when 'direct_mail' then 'post'
        else 'all'
    end
{%- endmacro %}

{# the channels that a channel as given means, as rows: `all` means each #}
{% macro consent_channels() -%}
    {% for channel in ['email', 'sms', 'phone', 'push', 'ads', 'post'] -%}
    select '{{ channel }}' as given_channel, '{{ channel }}' as channel
    union all
    select 'all', '{{ channel }}'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{%- endmacro %}

{# one row per part of a separated text; goes into a select list #}
{% macro split_rows(expression, separator) %}{{ return(adapter.dispatch('split_rows')(expression, separator)) }}{% endmacro %}
{% macro default__split_rows(expression, separator) %}unnest(string_split({{ expression }}, '{{ separator }}')){% endmacro %}
{% macro spark__split_rows(expression, separator) %}explode(split({{ expression }}, '{{ separator }}')){% endmacro %}

{# one row per match of a regular expression in a text; goes into a select list #}
{% macro regexp_extract_rows(expression, pattern) %}{{ return(adapter.dispatch('regexp_extract_rows')(expression, pattern)) }}{% endmacro %}
{% macro default__regexp_extract_rows(expression, pattern) %}unnest(regexp_extract_all({{ expression }}, '{{ pattern }}')){% endmacro %}
{% macro spark__regexp_extract_rows(expression, pattern) %}explode(regexp_extract_all({{ expression }}, '{{ pattern }}', 0)){% endmacro %}
