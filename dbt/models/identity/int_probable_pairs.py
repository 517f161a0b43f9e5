import duckdb
from splink import DuckDBAPI

from models.match_memory import remembered_pairs
from models.match_rules import read_rules


def model(dbt, session):
    """Records that are probably one person. One row per pair."""
    dbt.config(materialized="table")
    comparisons, blocking_rules = dbt.ref("match_comparisons").pl(), dbt.ref("match_blocking_rules").pl()
    rules = read_rules(comparisons, blocking_rules, dbt.ref("match_settings").pl())
    people = dbt.ref("int_match_profiles").pl(), dbt.ref("nicknames").pl(), dbt.ref("int_mail_providers").pl()
    parameters = dbt.ref("match_parameters").pl()
    # what the last night compared and found; both are made after this model, so no reference says so
    memory = [last_night(session, dbt.this.schema, table) for table in ("match_profiles_known", "match_pairs_known")]
    return remembered_pairs(people, rules, parameters, memory, DuckDBAPI(duckdb.connect()))


def last_night(session, schema, table):
    """The table as the last night left it; None where there is none yet."""
    found = session.execute(
        "select count(*) from information_schema.tables where table_schema = ? and table_name = ?", [schema, table]
    ).fetchall()
    return session.sql(f"select * from {schema}.{table}").pl() if found[0][0] else None
