{# Tables of events are made anew only for the contacts of whom something is new, in `int_contact_inputs`. A row is of one contact,
   so a contact's rows can be taken out and put in without a look at the others. #}

{# The contacts' state that all tables of events were built from last; none: build everything. It is a later model: no ref. #}
{% macro contacts_built() %}
{{ return(load_relation(api.Relation.create(database=this.database, schema=this.schema, identifier='int_contacts_built'))) }}
{% endmacro %}

{% macro is_by_contact() %}{{ return(is_incremental() and contacts_built() is not none) }}{% endmacro %}

{# a condition that leaves only contacts of whom `news` (a column of int_contact_inputs) is true; true when everything is built #}
{% macro is_changed_contact(column, news) -%}
{%- if is_by_contact() -%}
{{ column }} in (select contact_id from {{ ref('int_contact_inputs') }} where {{ news }})
{%- else -%}true{%- endif -%}
{%- endmacro %}

{# incremental_strategy='by_contact'; meta.news: the same column; meta.always_made_anew: a condition for rows that are made anew
   each night #}
{% macro get_incremental_by_contact_sql(arguments) %}
{%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
{%- set always, news = config.get('meta', {}).get('always_made_anew'), config.get('meta', {}).get('news') -%}
delete from {{ arguments['target_relation'] }}
{% if contacts_built() is not none -%}
where contact_id in (select contact_id from {{ ref('int_contact_inputs') }} where {{ news }}){{ ' or ' ~ always if always }}
{%- endif %};
insert into {{ arguments['target_relation'] }} ({{ columns }}) select {{ columns }} from {{ arguments['temp_relation'] }}
{% endmacro %}

{# Until when rows were loaded in the last build that came to its end. The activities of the largest objects are made row by row:
   of a contact whose identity is as it was, only rows that were loaded since are taken out and put in. #}
{% macro loaded_before() -%}
(select coalesce(max(loaded_until), cast('1900-01-01' as {{ dbt.type_timestamp() }})) from {{ contacts_built() }})
{%- endmacro %}

{% macro objects_made_row_by_row() %}{{ return(['hubspot__email_event', 'segment__pages', 'segment__tracks']) }}{% endmacro %}

{% macro is_made_row_by_row(key) -%}
{% for object in objects_made_row_by_row() %}{{ key }} like '{{ event_objects()[object][0] }}%'{{ ' or ' if not loop.last }}{% endfor %}
{%- endmacro %}

{# a condition that leaves only rows to be made anew: those loaded since, and those that name a contact whose identity is new #}
{% macro is_changed_event(names) -%}
{%- if is_by_contact() -%}
(
    loaded_at > {{ loaded_before() }}
    {%- for kind, column in names.items() %}
    or {{ column }} in (select identifier from renewed_identifiers where kind = '{{ kind }}')
    {%- endfor %}
)
{%- else -%}true{%- endif -%}
{%- endmacro %}

{% macro is_new_event() -%}
{%- if is_by_contact() -%}loaded_at > {{ loaded_before() }}{%- else -%}true{%- endif -%}
{%- endmacro %}

{# incremental_strategy='by_event' #}
{% macro get_incremental_by_event_sql(arguments) %}
{%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
{% if contacts_built() is none -%}
delete from {{ arguments['target_relation'] }};
{%- else -%}
delete from {{ arguments['target_relation'] }} where contact_id in (select contact_id from {{ ref('int_contact_inputs') }} where is_renewed);
delete from {{ arguments['target_relation'] }} where activity_id in (
    {% for object in objects_made_row_by_row() -%}
    {%- set prefix, key = event_objects()[object] -%}
    select {{ dbt.concat(["'" ~ prefix ~ "'", key]) }} from {{ source('raw', object) }} where _loaded_at > {{ loaded_before() }}
    {% if not loop.last %}union all{% endif %}
    {% endfor -%}
);
{%- endif %}
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
where {% for key in arguments['unique_key'] %}target.{{ key }} is not distinct from delta.{{ key }}{{ ' and ' if not loop.last }}{% endfor %};
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
