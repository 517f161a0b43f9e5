{# Made after the pairs, for the next night: what was compared, and with which parameters. #}
-- depends_on: {{ ref('int_probable_pairs') }}
select profiles.record_key, profiles.fingerprint, parameters.version
from {{ ref('int_match_profiles') }} as profiles
cross join {{ ref('match_parameters') }} as parameters
