from models.job_changes import membership_periods

EVIDENCE = "contact_id, account_id, seen_at, evidence, precedence"


def model(dbt, session):
    """When people whose records name several companies were at which. One row per contact, account and period."""
    dbt.config(materialized="table")
    return membership_periods(dbt.ref("int_employer_evidence").project(EVIDENCE).pl())
