import duckdb
from splink import DuckDBAPI

from models.match_columns import comparable_records
from models.match_rules import read_rules
from models.matching import probable_pairs, read_parameters


def model(dbt, session):
    """Records that are probably one person. One row per pair."""
    dbt.config(materialized="table")
    comparisons, blocking_rules = dbt.ref("match_comparisons").pl(), dbt.ref("match_blocking_rules").pl()
    rules = read_rules(comparisons, blocking_rules, dbt.ref("match_settings").pl())
    people = dbt.ref("int_match_profiles").pl(), dbt.ref("nicknames").pl(), dbt.ref("int_mail_providers").pl()
    parameters = read_parameters(dbt.ref("match_parameters").pl())
    return probable_pairs(comparable_records(*people), rules, parameters, DuckDBAPI(duckdb.connect()))
