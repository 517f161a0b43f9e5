"""Which arm a unit is in: by a hash of the unit that never changes, kept for ever once assigned.

A unit is an account (people of one account influence each other), or a contact without one.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.draws import draw_uniforms

ARMS = ("model", "random_control", "business_as_usual", "holdout")
SCHEMA = {"unit_id": pl.String, "arm": pl.String, "assigned_on": pl.Date}


@dataclass(frozen=True)
class ArmAssignment:
    """Both: one row per unit; unit_id, arm, assigned_on.

    Attributes:
        new: units that had no arm of their own before, sorted by unit_id.
        current: all of tonight's units, sorted by unit_id.
    """

    new: pl.DataFrame
    current: pl.DataFrame


def assign_arms(
    units: pl.DataFrame, assigned: pl.DataFrame, merges: pl.DataFrame, shares: pl.DataFrame, *, night: date
) -> ArmAssignment:
    """Give each unit an arm.

    A unit that has an arm keeps it. One that took over others (a merge, or contacts who now have an account) without an
    arm of its own gets the earliest arm among them, with its date. All others get one by hash, tonight.

    Args:
        units: one row per unit and contact; unit_id, contact_id (null for an account without contacts).
        assigned: the ledger's assignments; unit_id, arm, assigned_on.
        merges: old_id, new_id, of contacts and accounts, in any order; chains are followed.
        shares: arm, share; shares add up to 1.
        night: the night of new assignments.
    """
    first = assigned.select(*SCHEMA).sort("assigned_on", "unit_id").unique("unit_id", keep="first", maintain_order=True)
    wanted = units.select("unit_id").unique().sort("unit_id")
    own = wanted.join(first, on="unit_id", validate="1:1")
    inherited = _inherited(units, first, merges).join(own, on="unit_id", how="anti")
    fresh = wanted.join(pl.concat([own, inherited]), on="unit_id", how="anti")
    drawn = fresh.with_columns(
        pl.Series("arm", draw_arms(fresh["unit_id"], shares), dtype=pl.String), pl.lit(night).alias("assigned_on")
    )
    new = pl.concat([inherited, drawn]).sort("unit_id")
    return ArmAssignment(new=new, current=pl.concat([own, new]).sort("unit_id"))


def draw_arms(unit_ids: pl.Series, shares: pl.DataFrame) -> np.ndarray:
    """The arm that a unit's hash falls into; arms lie in a fixed order on [0, 1), as wide as their shares.

    Raises:
        ValueError: an unknown arm, or shares that don't add up to 1.
    """
    share_of = dict(shares.select("arm", "share").iter_rows())
    if unknown := set(share_of) - set(ARMS):
        raise ValueError(f"unknown arm {min(unknown)!r}; known arms: {', '.join(ARMS)}")
    ends = np.cumsum([share_of.get(arm, 0.0) for arm in ARMS])
    if abs(ends[-1] - 1) > 1e-6:
        raise ValueError(f"the shares of the arms add up to {ends[-1]}, not 1")
    position = np.searchsorted(ends / ends[-1], draw_uniforms(unit_ids.to_list(), "arm", None, 0), side="right")
    return np.array(ARMS, dtype=object)[position]


def _inherited(units: pl.DataFrame, first: pl.DataFrame, merges: pl.DataFrame) -> pl.DataFrame:
    """One row per current unit that took over units with an arm: the earliest of theirs."""
    merged = _survivors(merges)
    contacts = units.filter(pl.col("contact_id").is_not_null() & (pl.col("unit_id") != pl.col("contact_id")))
    joined = contacts.select(pl.col("contact_id").alias("old_id"), pl.col("unit_id").alias("new_id"))
    # a contact that merged away was a unit too: its arm goes to the account that its survivor now belongs to
    onward = merged.join(joined.rename({"old_id": "via", "new_id": "unit_id"}), left_on="new_id", right_on="via")
    took_over = pl.concat([merged, joined, onward.select("old_id", pl.col("unit_id").alias("new_id"))])
    return (
        took_over.join(units.select(pl.col("unit_id").alias("new_id")).unique(), on="new_id")
        .join(first.rename({"unit_id": "old_id"}), on="old_id")
        .sort("assigned_on", "old_id")
        .unique("new_id", keep="first", maintain_order=True)
        .select(pl.col("new_id").alias("unit_id"), "arm", "assigned_on")
    )


def _survivors(merges: pl.DataFrame) -> pl.DataFrame:
    """old_id and who it finally is, new_id."""
    into = {old: new for old, new in merges.select("old_id", "new_id").iter_rows() if old != new}
    rows = []
    for old, next_one in into.items():
        seen, new = {old}, next_one
        while new in into and new not in seen:
            seen.add(new)
            new = into[new]
        rows.append((old, new))
    return pl.DataFrame(rows, schema={"old_id": pl.String, "new_id": pl.String}, orient="row")
