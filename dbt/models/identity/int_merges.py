import polars as pl

from models.key_merges import resolve_merges

MERGES = "entity, old_id, new_id, merged_at, reason"


def model(dbt, session):
    """Where each ceased key ended. One row per entity and ceased key."""
    dbt.config(materialized="table")
    earlier = dbt.source("raw", "ledger_merges").project(MERGES).pl()
    merges = pl.concat([earlier, dbt.ref("merges_new").project(MERGES).pl()]).sort("merged_at", "old_id", "new_id")
    live = {"contact": dbt.ref("int_contact_keys").pl(), "account": dbt.ref("int_account_keys").pl()}
    frames = []
    for entity, keys in live.items():
        own = merges.filter(entity=entity)
        ended = resolve_merges(own.select("old_id", "new_id").iter_rows(), set(keys.filter("is_live")["key"]))
        last = own.unique("old_id", keep="last", maintain_order=True).select("entity", "old_id", "merged_at", "reason")
        final = pl.DataFrame(list(ended.items()), {"old_id": pl.String, "final_id": pl.String}, orient="row")
        frames.append(last.join(final, on="old_id", validate="1:1", maintain_order="left"))
    return pl.concat(frames)
