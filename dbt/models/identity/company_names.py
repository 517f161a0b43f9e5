from models.company_names import CompanyWords, normalise_company_names


def model(dbt, session):
    """Company names in the forms to compare. One row per name as found."""
    dbt.config(materialized="table")
    words = CompanyWords.from_frames(dbt.ref("legal_forms").pl(), dbt.ref("company_words").pl())
    found = dbt.ref("int_company_names_as_found").pl()
    return normalise_company_names(found["name"], words)
