{# The strongest word of a title gives the level, and the strongest of what else it says the function. #}
with titles as (
    select distinct title from {{ ref('int_contact_records') }} where title is not null
),

words as (
    select * from {{ ref('job_title_words') }}
),

title_tokens as (
    select title, {{ split_rows(normalised_words('title'), ' ') }} as token
    from titles
),

tokens as (
    select distinct token from title_tokens where token <> ''
),

token_meanings as (
    select tokens.token, words.job_level, words.level_strength, words.job_function, words.function_strength
    from tokens
    inner join words on words.match_type = 'word' and tokens.token = words.word
    union all
    select tokens.token, words.job_level, words.level_strength, words.job_function, words.function_strength
    from tokens
    inner join words on words.match_type = 'part' and {{ dbt.position('words.word', 'tokens.token') }} > 0
),

final as (
    select
        title_tokens.title,
        {{ latest_by('token_meanings.job_level', 'token_meanings.level_strength') }} as job_level,
        {{ latest_by('token_meanings.job_function', 'token_meanings.function_strength * 1000 - length(title_tokens.token)') }} as job_function
    from title_tokens
    left join token_meanings on title_tokens.token = token_meanings.token
    group by title_tokens.title
)

select * from final
