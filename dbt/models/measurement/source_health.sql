{%- set objects = [
    'salesforce__account',
    'salesforce__contact',
    'salesforce__lead',
    'salesforce__opportunity',
    'salesforce__opportunity_contact_role',
    'salesforce__opportunity_line_item',
    'salesforce__product_2',
    'salesforce__user',
    'salesforce__task',
    'salesforce__event',
    'salesforce__campaign',
    'salesforce__campaign_member',
    'hubspot__contact',
    'hubspot__company',
    'hubspot__email_campaign',
    'hubspot__email_event',
    'hubspot__form_submission',
    'hubspot__contact_merge_audit',
    'segment__identifies',
    'segment__pages',
    'segment__tracks',
    'billing__subscription',
    'billing__invoice',
    'consent__subscription_status',
    'consent__suppression',
    'ads__spend',
    'automation__rule',
    'automation__rule_fire',
    'delivery__result',
    'experiment__assignment',
] %}

with

{% for object in objects %}
{{ object }} as (
    select
        '{{ object.split('__')[0] }}' as source,
        '{{ object.split('__')[1] }}' as object,
        count(*) as count_rows,
        sum(case when _is_deleted then 1 else 0 end) as count_deleted,
        max(_modified_at) as last_modified_at
    from {{ source('raw', object) }}
),
{% endfor %}

current_rows as (
    {% for object in objects %}
    select * from {{ object }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

files as (
    select
        source,
        object,
        count(*) as count_files,
        sum(count_rejected) as count_rejected,
        {{ latest_by('file', 'loaded_at') }} as last_file,
        max(modified_at) as last_file_modified_at
    from {{ source('raw', 'files') }}
    group by 1, 2
),

final as (
    select
        {{ dbt.concat(["current_rows.source", "'/'", "current_rows.object"]) }} as object,
        cast(current_rows.count_rows as bigint) as count_rows,
        cast(coalesce(current_rows.count_deleted, 0) as bigint) as count_deleted,
        cast(coalesce(files.count_files, 0) as bigint) as count_files,
        cast(coalesce(files.count_rejected, 0) as bigint) as count_rejected,
        files.last_file,
        files.last_file_modified_at,
        current_rows.last_modified_at
    from current_rows
    left join files on current_rows.source = files.source and current_rows.object = files.object
)

select * from final
