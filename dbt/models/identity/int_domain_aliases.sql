{# Two domains of one company. #}
with profiles as (
    select * from {{ ref('int_company_profiles') }}
),

emails as (
    select * from {{ ref('int_contact_emails') }}
),

websites as (
    select distinct website_domain as domain from profiles where kind <> 'domain' and website_domain is not null
),

domains as (
    select distinct domain from profiles where domain is not null
),

by_listed_alias as (
    select
        lower(trim(domain)) as domain,
        lower(trim(same_company_as)) as other_domain,
        'listed_alias' as match_rule
    from {{ ref('domain_aliases') }}
),

-- the people of a company with one website write from another domain that is nobody's website
by_mail_alias as (
    select
        profiles.website_domain as domain,
        profiles.mail_domain as other_domain,
        'domain_alias' as match_rule
    from profiles
    left join websites on profiles.mail_domain = websites.domain
    where
        profiles.website_domain <> profiles.mail_domain
        and websites.domain is null
        and (profiles.count_mail_contacts >= 3 or {{ domain_stem('profiles.website_domain') }} = {{ domain_stem('profiles.mail_domain') }})
),

company_emails as (
    select emails.contact_id, {{ email_mailbox('emails.email') }} as mailbox, {{ email_domain('emails.email') }} as domain
    from emails
    inner join domains on {{ email_domain('emails.email') }} = domains.domain
    where not emails.is_role_mailbox
),

shared_mailbox_counts as (
    select a.domain as left_domain, b.domain as right_domain, count(distinct a.contact_id) as count_contacts
    from company_emails as a
    inner join company_emails as b on a.contact_id = b.contact_id and a.mailbox = b.mailbox and a.domain < b.domain
    group by a.domain, b.domain
),

domain_sizes as (
    select domain, count(distinct contact_id) as count_contacts from company_emails group by domain
),

-- one mailbox under two domains: one registered name, or most people of a domain have both
by_shared_people as (
    select
        counts.left_domain as domain,
        counts.right_domain as other_domain,
        'domain_alias' as match_rule
    from shared_mailbox_counts as counts
    inner join domain_sizes as a on counts.left_domain = a.domain
    inner join domain_sizes as b on counts.right_domain = b.domain
    where
        {{ domain_stem('counts.left_domain') }} = {{ domain_stem('counts.right_domain') }}
        or (counts.count_contacts >= 3 and 2 * counts.count_contacts > least(a.count_contacts, b.count_contacts))
),

final as (
    select * from by_listed_alias
    union
    select * from by_mail_alias
    union
    select * from by_shared_people
)

select * from final
