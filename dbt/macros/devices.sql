{# When a device is somebody's. #}

{# more contacts than this on one device, and it is nobody's: a trade fair's tablet, a test cookie #}
{% macro contacts_per_device() %}3{% endmacro %}
{# a device that two people used in turns was shared this many days before and after, too #}
{% macro shared_device_days() %}30{% endmacro %}
