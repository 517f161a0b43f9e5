"""One offer per account and night: people who talk to each other aren't told different things."""

from datetime import date

import polars as pl

from models.draws import draw_uniforms

UNITS = {"contact_id": pl.String, "unit_id": pl.String, "arm": pl.String}


def keep_one_offer(pairs: pl.DataFrame, units: pl.DataFrame, night: date) -> pl.DataFrame:
    """The pairs without those that make another offer than the one of their account tonight.

    It is the offer that brings most when everybody there gets the best of it; of equals, the first by name. Accounts in
    random control draw theirs, so that each is tried. It doesn't depend on the night's seed: given the pairs that stay,
    the probability with which a choice is made among them is the true one.

    Args:
        pairs: one row per contact and action, in any order; contact_id, offer (null: it makes none), net_value_cents.
        units: one row per contact; contact_id, unit_id (its account, else itself), arm.
        night: of the choice.

    Returns:
        The same columns and order.
    """
    offered = pairs.lazy().filter(pl.col("offer").is_not_null()).select("contact_id", "offer", "net_value_cents")
    worth = (
        offered.join(units.lazy(), on="contact_id", how="inner", validate="m:1")
        .group_by("unit_id", "arm", "offer", "contact_id")
        .agg(pl.col("net_value_cents").max().clip(lower_bound=0))
        .group_by("unit_id", "arm", "offer")
        .agg(pl.col("net_value_cents").sort().sum().alias("worth"))
        .collect()
    )
    if worth.is_empty():
        return pairs
    kept = _of_units(worth, night)
    of_contacts = units.join(kept, on="unit_id", how="inner", validate="m:1").select("contact_id", "kept")
    is_kept = pl.col("offer").is_null() | (pl.col("offer") == pl.col("kept"))
    with_kept = pairs.join(of_contacts, on="contact_id", how="left", validate="m:1", maintain_order="left")
    return with_kept.filter(is_kept.fill_null(True)).drop("kept")


def tell_other_offer(gates: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What stood against those who have no pair left because their account's offer is another.

    Args:
        gates: one row per contact; contact_id, has_eligible, failed_gate, gate_detail.
        before, after: pairs without and with `keep_one_offer`; contact_id.
    """
    if len(after) == len(before):
        return gates
    left_out = before.select("contact_id").unique().join(after, on="contact_id", how="anti")["contact_id"]
    has_none = pl.col("contact_id").is_in(left_out.implode())
    told = "others of the account are made another offer tonight"
    return gates.with_columns(
        has_eligible=pl.col("has_eligible") & ~has_none,
        failed_gate=pl.when(has_none).then(pl.lit("offer")).otherwise("failed_gate"),
        gate_detail=pl.when(has_none).then(pl.lit(told)).otherwise("gate_detail"),
    )


def _of_units(worth: pl.DataFrame, night: date) -> pl.DataFrame:
    """One row per unit: unit_id, kept."""
    best = worth.sort("unit_id", "worth", "offer", descending=[False, True, False])
    best = best.group_by("unit_id", "arm", maintain_order=True).agg(pl.col("offer"))
    drawn = pl.Series(draw_uniforms(best["unit_id"].to_list(), "offer", night, seed=0))
    place = pl.when(pl.col("arm") == "random_control").then((drawn * pl.col("offer").list.len()).floor()).otherwise(0)
    return best.select("unit_id", pl.col("offer").list.get(place.cast(pl.Int64)).alias("kept"))
