{# What is one company's name, and which domains are no company's. #}

{# a company's name for comparison: its words without legal forms; what says nothing is null #}
{% macro normalised_company(expression) -%}
    {%- set legal_forms = [
        'incorporated', 'inc', 'llc', 'llp', 'ltd', 'limited', 'plc', 'corporation', 'corp', 'company', 'co', 'gmbh', 'mbh', 'ag', 'kg',
        'kgaa', 'ohg', 'ug', 'se', 'sa', 'sas', 'sarl', 'sl', 'srl', 'spa', 'bv', 'nv', 'oy', 'oyj', 'ab', 'as', 'aps', 'pty',
        'group', 'holding', 'the', 'and', 'und', 'et'] -%}
    {%- set words = regexp_replace_all("' ' || " ~ normalised_words(expression) ~ " || ' '", ' +', '  ') -%}
    {%- set bare = regexp_replace_all(words, ' (' ~ legal_forms | join('|') ~ ') ', '') -%}
    {%- set name = 'trim(' ~ regexp_replace_all(bare, ' +', ' ') ~ ')' -%}
    case when length({{ name }}) > 1 and {{ name }} not in (
        'na', 'n a', 'none', 'null', 'unknown', 'not provided', 'self', 'self employed', 'selbstandig', 'freelance', 'freelancer',
        'private', 'privat', 'independent', 'individual', 'test', 'home', 'student', 'retired', 'personal', 'various', 'other', 'tbd'
    ) then {{ name }} end
{%- endmacro %}

{# universities and schools: people of many organisations share their domains #}
{% macro is_education_domain(expression) -%}
    coalesce({{ regexp_matches(expression, '([.]edu|[.](edu|ac|sch)[.][a-z][a-z]|^(.*[.])?(uni|univ|tu|fh|hs)-[a-z-]+[.][a-z]+)$') }}, false)
{%- endmacro %}

{# more distinct companies than this in one mail domain that is nobody's website, and it is a mail provider #}
{% macro companies_per_domain() %}10{% endmacro %}
