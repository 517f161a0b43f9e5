"""The limits of a night, from policy: channels, volumes, rep capacity, caps per account and buying group."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from models.hourly_volumes import hourly_limits
from models.limits import LimitFamily
from models.night_room import Rooms, room_limits
from models.night_volumes import Volumes, one_limit, volume_limits

OWNERS = {"owner_id": pl.String, "daily_capacity": pl.Int64}
HOURLY_VOLUMES = {"channel": pl.String, "hourly_volume": pl.Int64}
GROUPS = {"contact_id": pl.String, "offering_id": pl.String, "buying_group_id": pl.String}


@dataclass(frozen=True)
class ChoiceRules:
    """Scalars of policy that bound the choice.

    Attributes:
        account_daily_cap: contacts of one account that may get an action in a night.
        rep_daily_capacity: actions per owner and night, of those that need an owner.
        exploration_share: probability with which a contact of the model arm explores.
        exploration_floor: share of its draws that are made evenly; the others favour what may be the best.
        account_daily_seller_cap: seller actions per account and night.
        account_daily_message_cap: messages per account and night; None: no limit.
        buying_group_daily_cap: contacts of one buying group that may get an action in a night; None: no limit.
        relax_minimums: whether the night goes on where minimums can't all be met.
    """

    account_daily_cap: int
    rep_daily_capacity: int
    exploration_share: float
    exploration_floor: float = 0.3
    account_daily_seller_cap: int = 1
    account_daily_message_cap: int | None = None
    buying_group_daily_cap: int | None = None
    relax_minimums: bool = True


@dataclass(frozen=True)
class NightLimits:
    """What bounds a night's choices.

    Attributes:
        channels: one row per channel; channel, daily_volume, daily_budget_cents (null: no limit), and, where messages
            are limited, carries_messages.
        rules: the scalars.
        owners: one row per owner; owner_id, daily_capacity (actions tonight of those that need an owner). An owner
            that isn't listed has `rules.rep_daily_capacity`.
        volumes: the policy's.
        groups: one row per contact and buying group; contact_id, offering_id, buying_group_id; a contact has one at
            most per offering.
        hourly_volumes: one row per channel with a limit; channel, hourly_volume.
        rooms: what contact policy's caps over several days leave for tonight.
    """

    channels: pl.DataFrame
    rules: ChoiceRules
    owners: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OWNERS))
    volumes: Volumes = field(default_factory=Volumes)
    groups: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=GROUPS))
    hourly_volumes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HOURLY_VOLUMES))
    rooms: Rooms = field(default_factory=Rooms)


def build_limits(pairs: pl.DataFrame, limits: NightLimits) -> tuple[LimitFamily, ...]:
    """The families of limits over the pairs: what may be used at most.

    Args:
        pairs: one row per contact and action; contact_id, action_id, account_id, owner_id, channel, cost_cents,
            needs_owner, is_seller_action; where there are hourly volumes first_hour and last_hour (`hourly_limits`).
        limits: of the night.
    """
    families, rules = [], limits.rules
    cost = pairs["cost_cents"].to_numpy().astype(np.float64)
    for row in limits.channels.sort("channel").iter_rows(named=True):
        is_counted = (pairs["channel"] == row["channel"]).to_numpy()
        if row["daily_volume"] is not None:
            families.append(one_limit(f"daily_volume:{row['channel']}", row["daily_volume"], is_counted))
        if row["daily_budget_cents"] is not None:
            families.append(one_limit(f"daily_budget:{row['channel']}", row["daily_budget_cents"], is_counted, cost))
    families += volume_limits(pairs, limits.volumes)
    families += hourly_limits(pairs, limits.hourly_volumes)
    owner = _members(pairs, "owner_id", pairs["needs_owner"])
    capacity = dict(limits.owners.select("owner_id", "daily_capacity").iter_rows())
    of_owners = [float(capacity.get(owner_id, rules.rep_daily_capacity)) for owner_id in owner[0]]
    families.append(_many("rep_daily_capacity", owner, of_owners, is_local=False))
    return (
        *families,
        *_account_limits(pairs, limits),
        *_group_limits(pairs, limits),
        *room_limits(pairs, limits.rooms),
    )


def _account_limits(pairs: pl.DataFrame, limits: NightLimits) -> list[LimitFamily]:
    """What an account may get in a night: contacts touched, seller actions, messages."""
    rules, anything = limits.rules, pl.repeat(True, len(pairs), eager=True)
    caps: list[tuple[str, int, pl.Series]] = [
        ("account_daily_cap", rules.account_daily_cap, anything),
        ("account_seller_cap", rules.account_daily_seller_cap, pairs["is_seller_action"]),
    ]
    if rules.account_daily_message_cap is not None:
        carrying = limits.channels.filter("carries_messages")["channel"].to_list()
        is_message = pairs["channel"].is_in(carrying) & ~pairs["is_seller_action"]
        caps.append(("account_message_cap", rules.account_daily_message_cap, is_message))
    families = []
    for name, cap, applies in caps:
        account = _members(pairs, "account_id", applies)
        families.append(_many(name, account, [float(cap)] * len(account[0]), is_local=True))
    return families


def _group_limits(pairs: pl.DataFrame, limits: NightLimits) -> list[LimitFamily]:
    """Contacts touched per buying group, a family per offering."""
    cap, families = limits.rules.buying_group_daily_cap, []
    if cap is None:
        return []
    for (offering_id,), groups in limits.groups.sort("offering_id").group_by("offering_id", maintain_order=True):
        members = groups.select("contact_id", "buying_group_id")
        of_pairs = pairs.select("contact_id").join(
            members, on="contact_id", how="left", validate="m:1", maintain_order="left"
        )
        group = _members(of_pairs, "buying_group_id", pl.repeat(True, len(pairs), eager=True))
        name = f"buying_group_daily_cap:{offering_id}"
        families.append(_many(name, group, [float(cap)] * len(group[0]), is_local=True))
    return families


def limit_prices(families: Sequence[LimitFamily], chosen: np.ndarray, prices: Sequence[np.ndarray]) -> pl.DataFrame:
    """One row per limit that contacts share: limit_id, capacity, used, shadow_price_cents. Caps of accounts are left
    out.

    Args:
        families: the night's limits and floors, before anything is chosen; a floor's capacity is its minimum.
        chosen: index of all chosen pairs.
        prices: cents per unit, [limits] per family; of floors not positive.
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
