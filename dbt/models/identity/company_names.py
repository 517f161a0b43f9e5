from models.company_names import CompanyWords, normalise_company_names
from models.known_keys import changed_rows


def model(dbt, session):
    """Company names in the forms to compare. One row per name as found."""
    dbt.config(materialized="incremental", incremental_strategy="delta", unique_key=["name"])
    words = CompanyWords.from_frames(dbt.ref("legal_forms").pl(), dbt.ref("company_words").pl())
    found = dbt.ref("int_company_names_as_found").pl()
    if not dbt.is_incremental:
        return normalise_company_names(found["name"], words)
    known = session.table(str(dbt.this)).project("name").pl()
    return changed_rows(found, known, lambda new: normalise_company_names(new["name"], words))
