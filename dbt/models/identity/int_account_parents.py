from models.company_hierarchy import resolve_hierarchy


def model(dbt, session):
    """What stands above an account. One row per account that has, or may have, a parent."""
    dbt.config(materialized="table")
    return resolve_hierarchy(dbt.ref("int_account_parent_claims").pl())
