from models.known_keys import changed_rows
from models.phones import normalise_phones


def model(dbt, session):
    """Phone numbers in E.164 form. One row per number as found and country of its record."""
    dbt.config(materialized="incremental", incremental_strategy="delta", unique_key=["phone", "country_code"])
    found = dbt.ref("int_phones_as_found").pl()
    if not dbt.is_incremental:
        return normalise_phones(found)
    known = session.table(str(dbt.this)).project("phone, country_code").pl()
    return changed_rows(found, known, normalise_phones)
