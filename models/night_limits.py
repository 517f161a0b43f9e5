"""The limits of a night, from policy: channel volumes and budgets, rep capacity, caps per account."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from models.limits import LimitFamily

SELLER_ACTIONS_PER_ACCOUNT = 1  # two sellers calling one company in a night looks careless
OWNERS = {"owner_id": pl.String, "daily_capacity": pl.Int64}


@dataclass(frozen=True)
class ChoiceRules:
    """Scalars of policy that bound the choice.

    Attributes:
        account_daily_cap: contacts of one account that may get an action in a night.
        rep_daily_capacity: actions per owner and night, of those that need an owner.
        exploration_share: probability with which a contact of the model arm explores.
        exploration_floor: share of its draws that are made evenly; the others favour what may be the best.
    """

    account_daily_cap: int
    rep_daily_capacity: int
    exploration_share: float
    exploration_floor: float = 0.3


@dataclass(frozen=True)
class NightLimits:
    """What bounds a night's choices.

    Attributes:
        channels: one row per channel; channel, daily_volume, daily_budget_cents (null: no limit).
        rules: the scalars.
        owners: one row per owner; owner_id, daily_capacity (actions tonight of those that need an owner). An owner
            that isn't listed has `rules.rep_daily_capacity`.
    """

    channels: pl.DataFrame
    rules: ChoiceRules
    owners: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OWNERS))


def build_limits(pairs: pl.DataFrame, limits: NightLimits) -> tuple[LimitFamily, ...]:
    """The families of limits over the pairs.

    Args:
        pairs: one row per contact and action; account_id, owner_id, channel, cost_cents, needs_owner,
            is_seller_action.
        limits: of the night.
    """
    one, rules = np.ones(len(pairs)), limits.rules
    families = []
    for row in limits.channels.sort("channel").iter_rows(named=True):
        member = np.where((pairs["channel"] == row["channel"]).to_numpy(), 0, -1)
        if row["daily_volume"] is not None:
            families.append(_single(f"daily_volume:{row['channel']}", row["daily_volume"], member, one))
        if row["daily_budget_cents"] is not None:
            cost = pairs["cost_cents"].to_numpy().astype(np.float64)
            costs = np.where(cost > 0, member, -1)
            families.append(_single(f"daily_budget:{row['channel']}", row["daily_budget_cents"], costs, cost))
    owner = _members(pairs, "owner_id", pairs["needs_owner"])
    capacity = dict(limits.owners.select("owner_id", "daily_capacity").iter_rows())
    of_owners = [float(capacity.get(owner_id, rules.rep_daily_capacity)) for owner_id in owner[0]]
    families.append(_many("rep_daily_capacity", owner, of_owners, is_local=False))
    account = _members(pairs, "account_id", pl.repeat(True, len(pairs), eager=True))
    families.append(_many("account_daily_cap", account, [rules.account_daily_cap] * len(account[0]), is_local=True))
    seller = _members(pairs, "account_id", pairs["is_seller_action"])
    families.append(_many("account_seller_cap", seller, [SELLER_ACTIONS_PER_ACCOUNT] * len(seller[0]), is_local=True))
    return tuple(families)


def limit_prices(families: Sequence[LimitFamily], chosen: np.ndarray, prices: Sequence[np.ndarray]) -> pl.DataFrame:
    """One row per limit that contacts share: limit_id, capacity, used, shadow_price_cents. Caps of accounts are left
    out.

    Args:
        families: the night's limits, before anything is chosen.
        chosen: index of all chosen pairs.
        prices: cents per unit, [limits] per family.
    """
    columns: dict[str, list] = {"limit_id": [], "capacity": [], "used": [], "shadow_price_cents": []}
    for family, price in zip(families, prices, strict=True):
        if not family.is_local:
            columns["limit_id"].extend(family.limit_ids)
            columns["capacity"].extend(family.capacity.tolist())
            columns["used"].extend(family.used_by(chosen).tolist())
            columns["shadow_price_cents"].extend(np.round(price, 2).tolist())
    schema = {name: pl.String if name == "limit_id" else pl.Float64 for name in columns}
    return pl.DataFrame(columns, schema=schema).sort("limit_id")


def _single(limit_id: str, capacity: float, member: np.ndarray, usage: np.ndarray) -> LimitFamily:
    return LimitFamily(limit_id, (limit_id,), np.array([float(capacity)]), member, usage)


def _many(name: str, members: tuple[list[str], np.ndarray], capacity: Sequence[float], is_local: bool) -> LimitFamily:
    ids, member = members
    limit_ids = tuple(f"{name}:{entity_id}" for entity_id in ids)
    return LimitFamily(name, limit_ids, np.array(capacity, dtype=np.float64), member, np.ones(len(member)), is_local)


def _members(pairs: pl.DataFrame, column: str, applies: pl.Series) -> tuple[list[str], np.ndarray]:
    """The distinct ids among the pairs to which it applies, and each pair's position among them; -1 for none."""
    ids = pairs.filter(applies & pairs[column].is_not_null())[column].unique().sort()
    number = pl.DataFrame({column: ids, "number": np.arange(len(ids))}, schema={column: pl.String, "number": pl.Int64})
    joined = pairs.select(column).join(number, on=column, how="left", maintain_order="left", validate="m:1")
    return ids.to_list(), np.where(applies.to_numpy(), joined["number"].fill_null(-1).to_numpy(), -1)
