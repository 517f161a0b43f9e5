{# a list of texts as one text #}
{% macro list_to_text(list, separator) %}{{ return(adapter.dispatch('list_to_text')(list, separator)) }}{% endmacro %}
{% macro default__list_to_text(list, separator) %}array_to_string({{ list }}, '{{ separator }}'){% endmacro %}
{% macro spark__list_to_text(list, separator) %}concat_ws('{{ separator }}', {{ list }}){% endmacro %}

{# md5 of all columns of a relation. Each value is preceded by its length, so that no two rows give the same text. #}
{% macro row_fingerprint(columns) %}
{%- set parts = [] -%}
{%- for column in columns -%}
{%- set text = "cast(" ~ column ~ " as " ~ dbt.type_string() ~ ")" -%}
{%- do parts.append("coalesce(" ~ dbt.concat(["cast(length(" ~ text ~ ") as " ~ dbt.type_string() ~ ")", "':'", text]) ~ ", '-')") -%}
{%- endfor -%}
md5({{ dbt.concat(parts) }})
{%- endmacro %}

{# The models of the tables that the change feed follows, each with its key in the first column. A model's name differs from its
   table's where another schema has a table of that name. #}
{% macro activation_models() %}
{{ return([
    'activated_suppressions', 'ad_audience_members', 'automation_exclusions', 'contact_scores', 'crm_tasks', 'direct_mail',
    'email_sends', 'push_sends', 'sms_sends',
]) }}
{% endmacro %}

{# The messages of a channel that a platform sends by itself; `address` is the column it sends to, if it needs one from us. People
   may share an address: it gets one message a night. #}
{% macro channel_sends(consent_channel, address=none) %}
with

decisions as (
    select * from {{ ref('int_sendable_decisions') }}
),

sends as (
    select
        *,
        row_number() over (partition by {{ address or 'contact_id' }} order by decision_id) as send_number
    from decisions
    where
        consent_channel = '{{ consent_channel }}'
        and not is_seller_action
        {% if address %}and {{ address }} is not null{% endif %}
),

final as (
    select
        decision_id,
        contact_id,
        {% if address %}{{ address }},
        {% endif %}action_id,
        content_variant_id,
        content,
        send_at,
        recipient_time_zone,
        consent_basis,
        consent_source,
        consent_valid_until
    from sends
    where send_number = 1
)

select * from final
{% endmacro %}
