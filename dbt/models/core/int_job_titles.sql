{# The strongest word of a title gives the level, and the strongest of what else it says the function. #}
with titles as (
    select distinct title from {{ ref('int_contact_records') }} where title is not null
),

words as (
    select
        {{ normalised_words('word') }} as word,
        match_type,
        job_level,
        level_strength,
        job_function,
        function_strength
    from {{ ref('job_title_words') }}
),

normalised_titles as (
    select title, {{ normalised_words('title') }} as normalised_title
    from titles
),

title_tokens as (
    select title, {{ split_rows('normalised_title', ' ') }} as token
    from normalised_titles
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

-- a word's meaning with how strongly it says so; of two equally strong words the shorter names the function
meanings as (
    select
        title_tokens.title,
        token_meanings.job_level,
        token_meanings.level_strength,
        token_meanings.job_function,
        token_meanings.function_strength * 1000 - length(title_tokens.token) as function_strength
    from title_tokens
    inner join token_meanings on title_tokens.token = token_meanings.token
    union all
    select titles.title, words.job_level, words.level_strength, words.job_function, words.function_strength * 1000
    from normalised_titles as titles
    inner join words
        on
            words.match_type = 'phrase'
            and {{ dbt.position("' ' || words.word || ' '", "' ' || titles.normalised_title || ' '") }} > 0
),

ordered as (
    select
        title,
        job_level,
        job_function,
        row_number() over (partition by title order by level_strength desc nulls last, job_level) as level_place,
        row_number() over (partition by title order by function_strength desc nulls last, job_function) as function_place
    from meanings
),

final as (
    select
        titles.title,
        levels.job_level,
        functions.job_function
    from titles
    left join ordered as levels on titles.title = levels.title and levels.level_place = 1
    left join ordered as functions on titles.title = functions.title and functions.function_place = 1
)

select * from final
