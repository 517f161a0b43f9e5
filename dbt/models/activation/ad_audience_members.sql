{%- set platforms = ['google', 'meta', 'tiktok', 'linkedin'] %}
{%- set member_columns = [
    'member_key', 'audience_id', 'platform', 'contact_id', 'email_sha256', 'phone_sha256', 'first_name_sha256', 'last_name_sha256',
    'country_sha256', 'postal_code_sha256', 'city_sha256', 'state_sha256', 'first_name', 'last_name', 'company', 'country_code',
    'postal_code', 'ad_user_data', 'ad_personalization', 'action_id', 'decision_id',
] %}

with

decisions as (
    select * from {{ ref('int_sendable_decisions') }} where consent_channel = 'ads'
),

audiences as (
    select * from {{ source('raw', 'policy_audiences') }}
),

contacts as (
    select * from {{ ref('contacts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

members as (
    select
        {{ dbt.concat(["audiences.audience_id", "':'", "audiences.platform", "':'", "decisions.contact_id"]) }} as member_key,
        audiences.audience_id,
        audiences.platform,
        decisions.contact_id,
        contacts.email,
        contacts.phone_e164,
        contacts.first_name,
        contacts.last_name,
        accounts.name as company,
        upper(contacts.country_code) as country_code,
        contacts.postal_code,
        contacts.city,
        contacts.state,
        -- the platforms ask for consent itself; no other basis makes up for it, and what is missing is denied
        case when decisions.consent_basis = 'express' then 'granted' else 'denied' end as ad_consent,
        decisions.action_id,
        decisions.decision_id
    from decisions
    inner join audiences on decisions.action_id = audiences.action_id
    inner join contacts on decisions.contact_id = contacts.contact_id
    left join accounts on contacts.account_id = accounts.account_id
),

-- Google takes all four parts of an address or none
addresses as (
    select
        members.*,
        platform = 'google'
        and first_name is not null
        and last_name is not null
        and country_code is not null
        and postal_code is not null as has_google_address
    from members
),

{% for platform in platforms %}
{%- set no_text = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}
{%- set is_meta, is_linkedin = platform == 'meta', platform == 'linkedin' %}
{{ platform }}_members as (
    select
        member_key,
        audience_id,
        platform,
        contact_id,
        {{ hashed(platform_email(platform, 'email')) }} as email_sha256,
        {{ hashed(platform_phone(platform, 'phone_e164')) }} as phone_sha256,
        case when platform <> 'google' or has_google_address then {{ hashed(platform_name(platform, 'first_name')) }} end as first_name_sha256,
        case when platform <> 'google' or has_google_address then {{ hashed(platform_name(platform, 'last_name')) }} end as last_name_sha256,
        {{ hashed('lower(country_code)') if is_meta else no_text }} as country_sha256,
        {{ hashed(platform_postal_code('postal_code')) if is_meta else no_text }} as postal_code_sha256,
        {{ hashed(platform_place('city')) if is_meta else no_text }} as city_sha256,
        {{ hashed(platform_place('state')) if is_meta else no_text }} as state_sha256,
        {{ 'first_name' if is_linkedin else no_text }} as first_name,
        {{ 'last_name' if is_linkedin else no_text }} as last_name,
        {{ 'company' if is_linkedin else no_text }} as company,
        case when platform = 'linkedin' or has_google_address then country_code end as country_code,
        case when has_google_address then postal_code end as postal_code,
        ad_consent as ad_user_data,
        ad_consent as ad_personalization,
        action_id,
        decision_id
    from addresses
    where platform = '{{ platform }}'
),
{% endfor %}
all_members as (
    {% for platform in platforms %}
    select * from {{ platform }}_members
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- without an e-mail or a phone a platform finds nobody; and whom it finds is one member, also where people share an address
numbered as (
    select
        all_members.*,
        row_number() over (partition by audience_id, platform, coalesce(email_sha256, phone_sha256) order by decision_id) as member_number
    from all_members
    where coalesce(email_sha256, phone_sha256) is not null
),

final as (
    select
        {% for column in member_columns %}{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from numbered
    where member_number = 1
)

select * from final
