"""The contacts of a night as drift is measured on them, with the segments that the policy watches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from dagster_project.resources.warehouse import Warehouse
from models.encoding import TRAITS_COLUMN

MOST = 20_000
# Arms that Nightjar doesn't act on: what moves there as well isn't its own doing.
_CONTACTS = """
    with first_arms as (
        select unit_id, arg_min(arm, assigned_on) as arm from raw.ledger_arms group by unit_id
    )
    select
        f.*, coalesce(first_arms.arm in ('holdout', 'business_as_usual'), false) as is_left_alone
    from features.contact_features as f
    left join first_arms on coalesce(f.account_id, f.contact_id) = first_arms.unit_id
    where f.as_of_date = $night
    order by md5(f.contact_id), f.contact_id
    limit $most
"""


@dataclass(frozen=True)
class ScoredContacts:
    """A night's contacts, or a fixed pseudo-random part of many.

    Attributes:
        features: one row per contact, with all of contact_features.
        units: [contact] account, or contact without one.
        is_left_alone: [contact] in an arm that Nightjar doesn't act on, and assigned before this night.
        segments: by name (`industry=Retail`), which contacts belong to it, [contact].
    """

    features: pl.DataFrame
    units: np.ndarray
    is_left_alone: np.ndarray
    segments: dict[str, np.ndarray]


def read_scored_contacts(
    warehouse: Warehouse, night: date, segments: Sequence[str] = (), minimum_contacts: int = 1, most: int = MOST
) -> ScoredContacts:
    """The contacts that are scored on a night.

    Args:
        segments: columns of contact_features, or traits, whose values part the contacts.
        minimum_contacts: of a segment; smaller ones are left out.
    """
    rows = warehouse.query(_CONTACTS, night=night, most=most)
    features = rows.drop("is_left_alone")
    units = features.select(pl.coalesce("account_id", "contact_id"))["account_id"].to_numpy()
    parts = segments_of(features, segments, minimum_contacts)
    return ScoredContacts(features, units, rows["is_left_alone"].to_numpy(), parts)


def segments_of(features: pl.DataFrame, names: Sequence[str], minimum_contacts: int) -> dict[str, np.ndarray]:
    """Which rows belong to each segment that is large enough, by its name; sorted. None of a name that isn't there."""
    found: dict[str, np.ndarray] = {}
    for name in names:
        values = attribute(features, name)
        if values is None:
            continue
        text = values.cast(pl.String)
        counts = text.drop_nulls().value_counts(sort=False)
        large = counts.filter(pl.col("count") >= minimum_contacts)[text.name].sort()
        found |= {f"{name}={value}": (text == value).fill_null(False).to_numpy() for value in large}
    return found


def attribute(features: pl.DataFrame, name: str) -> pl.Series | None:
    """A feature's values, or those of a trait as text; None where neither is there."""
    if name in features.columns:
        return features[name]
    if TRAITS_COLUMN in features.columns:
        values = features[TRAITS_COLUMN].str.json_path_match(f"$.{name}")
        if values.is_not_null().any():
            return values.alias(name)
    return None
