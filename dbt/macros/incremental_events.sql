{# Tables of events are made anew only for the contacts of whom something is new, in `int_contact_inputs`. A row is of one contact,
   so a contact's rows can be taken out and put in without a look at the others. #}

{# The contacts' state that all tables of events were built from last; none: build everything. It is a later model: no ref. #}
{% macro contacts_built() %}
{{ return(load_relation(api.Relation.create(database=this.database, schema=this.schema, identifier='int_contacts_built'))) }}
{% endmacro %}

{% macro is_by_contact() %}{{ return(is_incremental() and contacts_built() is not none) }}{% endmacro %}

{# a condition that leaves only contacts to be made anew; true when everything is #}
{% macro is_changed_contact(column) -%}
{%- if is_by_contact() -%}
{{ column }} in (select contact_id from {{ ref('int_contact_inputs') }} where is_changed)
{%- else -%}true{%- endif -%}
{%- endmacro %}

{# incremental_strategy='by_contact'; meta.always_made_anew: a condition for rows that are made anew each night #}
{% macro get_incremental_by_contact_sql(arguments) %}
{%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
{%- set always = config.get('meta', {}).get('always_made_anew') -%}
delete from {{ arguments['target_relation'] }}
{% if contacts_built() is not none -%}
where contact_id in (select contact_id from {{ ref('int_contact_inputs') }} where is_changed){{ ' or ' ~ always if always }}
{%- endif %};
insert into {{ arguments['target_relation'] }} ({{ columns }}) select {{ columns }} from {{ arguments['temp_relation'] }}
{% endmacro %}

{# the raw tables of events; what the keys of their activities and touches begin with, and the column that follows #}
{% macro event_objects() %}
{{ return({
    'hubspot__email_event': ('hubspot|email_event|', 'id'),
    'hubspot__form_submission': ('hubspot|form_submission|', '_key'),
    'segment__pages': ('segment|page|', 'id'),
    'segment__tracks': ('segment|track|', 'id'),
    'salesforce__task': ('salesforce|task|', 'id'),
    'salesforce__event': ('salesforce|event|', 'id'),
    'salesforce__campaign_member': ('salesforce|campaign_member|', 'id'),
    'automation__rule_fire': ('automation|rule_fire|', '_key')
}) }}
{% endmacro %}

{# incremental_strategy='delta': the rows of the unique key leave, and come back unless they are gone #}
{% macro get_incremental_delta_sql(arguments) %}
{%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
delete from {{ arguments['target_relation'] }} as target
using {{ arguments['temp_relation'] }} as delta
where {% for key in arguments['unique_key'] %}target.{{ key }} = delta.{{ key }}{{ ' and ' if not loop.last }}{% endfor %};
insert into {{ arguments['target_relation'] }} ({{ columns }}) select {{ columns }} from {{ arguments['temp_relation'] }} where not is_gone
{% endmacro %}

{# incremental_strategy='whole': all rows leave, so that a model can read what it held before #}
{% macro get_incremental_whole_sql(arguments) %}
{%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
delete from {{ arguments['target_relation'] }};
insert into {{ arguments['target_relation'] }} ({{ columns }}) select {{ columns }} from {{ arguments['temp_relation'] }}
{% endmacro %}

{# the night before which nothing was known: what it found counts as known when it occurred #}
{% macro first_night() %}coalesce((select min(first_seen_on) from {{ source('raw', 'ledger_files') }}), {{ run_date() }}){% endmacro %}

{# Night on which an event became known for its contact: the night it was loaded, or on which what names the contact in it became
   theirs, whichever is later. #}
{% macro known_on(loaded_on, attributed_on, occurred_at) -%}
case
    when greatest({{ loaded_on }}, {{ attributed_on }}) > {{ first_night() }} then greatest({{ loaded_on }}, {{ attributed_on }})
    else cast({{ occurred_at }} as date)
end
{%- endmacro %}

{# a number that is another one for other values; an order-free sum of them #}
{% macro fingerprint(values) %}{{ return(adapter.dispatch('fingerprint')(values)) }}{% endmacro %}
{% macro default__fingerprint(values) %}hash({{ values | join(', ') }}){% endmacro %}
{% macro spark__fingerprint(values) %}xxhash64({{ values | join(', ') }}){% endmacro %}
