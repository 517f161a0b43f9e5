import duckdb
from splink import DuckDBAPI

from models.match_parameters import parameters_of_night
from models.match_rules import read_rules


def model(dbt, session):
    """What matching learnt. One row."""
    dbt.config(materialized="table")
    comparisons, blocking_rules = dbt.ref("match_comparisons").pl(), dbt.ref("match_blocking_rules").pl()
    rules = read_rules(comparisons, blocking_rules, dbt.ref("match_settings").pl())
    people = dbt.ref("int_match_profiles").pl(), dbt.ref("nicknames").pl(), dbt.ref("int_mail_providers").pl()
    known = dbt.source("raw", "ledger_match_parameters").pl()
    night = dbt.source("raw", "night").pl()
    return parameters_of_night(people, rules, known, night, backend=DuckDBAPI(duckdb.connect()))
