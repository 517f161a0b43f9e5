from models.phones import normalise_phones


def model(dbt, session):
    """Phone numbers in E.164 form. One row per number as found and country of its record."""
    dbt.config(materialized="table")
    return normalise_phones(dbt.ref("int_phones_as_found").pl())
