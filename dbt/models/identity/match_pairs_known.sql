{# For the next night. #}
select left_record, right_record, match_score, evidence from {{ ref('int_probable_pairs') }}
