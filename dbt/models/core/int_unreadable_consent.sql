{# A row of consent that could not be read may have been a withdrawal. What it names stays closed until the row is mended. #}
{%- set within = "[^ ,;:/<>|(){}=@]+" -%}
{%- set email = within ~ "@" ~ within ~ "[.][^ ,;:/<>|(){}=@.]+" -%}
with rejected as (
    select
        object,
        translate(lower(raw_text), {{ dbt.concat(["'[]\"'", "chr(9)", "chr(10)", "chr(13)"]) }}, '   ,,,') as raw_text
    from {{ source('raw', 'rejected_rows') }}
    where source = 'consent' and raw_text is not null
),

emails as (
    select {{ regexp_extract_rows('raw_text', email) }} as address from rejected
),

phones as (
    select {{ regexp_extract_rows('raw_text', '[+]?[0-9][0-9 ()/.-]{5,}[0-9]') }} as address from rejected
),

-- only suppressions have a column of domains; the evidence of a consent may name an innocent website
domains as (
    select {{ regexp_extract_rows(regexp_replace_all('raw_text', email, ' '), within ~ "[.][^ ,;:/<>|(){}=@.]{2,}") }} as address
    from rejected
    where object = 'suppression'
),

found as (
    select 'email' as address_type, {{ normalised_email('address') }} as address from emails
    union
    -- quoted
    select 'email', {{ normalised_email(regexp_replace_all('address', "^''|''$", '')) }} from emails
    union
    select 'phone', trim(address) from phones
    union
    select 'domain', {{ normalised_domain('address') }} from domains
),

final as (
    select address_type, address from found where address is not null
)

select * from final
