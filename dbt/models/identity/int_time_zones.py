import polars as pl

from models.time_zones import normalise_time_zone


def model(dbt, session):
    """Time zones of contacts as IANA names. One row per text as found that names a zone."""
    dbt.config(materialized="table")
    found = dbt.ref("int_source_records").project("given_time_zone").distinct().pl()
    texts = sorted(found["given_time_zone"].drop_nulls())
    zones = [normalise_time_zone(text) for text in texts]
    schema = {"given_time_zone": pl.String, "time_zone": pl.String}
    return pl.DataFrame({"given_time_zone": texts, "time_zone": zones}, schema).drop_nulls()
