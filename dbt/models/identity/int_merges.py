import polars as pl

from models.identity import resolve_merges


def model(dbt, session):
    """Where each ceased key ended. One row per entity and ceased key."""
    dbt.config(materialized="table")
    merges = dbt.ref("int_merges_in_order").pl()
    live = {"contact": dbt.ref("int_contact_keys").pl(), "account": dbt.ref("int_account_keys").pl()}
    frames = []
    for entity, keys in live.items():
        own = merges.filter(entity=entity)
        ended = resolve_merges(own.select("old_id", "new_id").iter_rows(), set(keys.filter("is_live")["key"]))
        last = own.unique("old_id", keep="last", maintain_order=True).select("entity", "old_id", "merged_at", "reason")
        final = pl.DataFrame(list(ended.items()), {"old_id": pl.String, "final_id": pl.String}, orient="row")
        frames.append(last.join(final, on="old_id", validate="1:1"))
    return pl.concat(frames)
