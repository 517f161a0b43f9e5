"""When each message leaves: the allowed hour of the night's day at which its contact is likeliest to respond.

A small part of the messages leaves at an hour drawn from all that are allowed, so that better hours can be found. As
long as it is open whether activity foretells responses, the others leave at the hour that activity and responses speak
for or at the one that responses alone speak for, by the probability of either view (Thompson sampling). The hour's
probability is logged, and the hour of the first view (`preferred_send_at`): among those for whom it is the same, the
hour was drawn.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import polars as pl

from models.draws import draw_uniforms
from models.hour_evidence import EVERYONE, HourEvidence
from models.hour_profiles import local_cells
from models.send_hours import SendHours, response_column, response_rates
from models.spread_times import SpreadRules, spread_times
from models.timing import SendWindow, hour_starts, reference_zone

LEAST_GAIN = 1.05  # by less than this factor no hour is better than the channel's own
CONTACTS_AT_ONCE = 10_000

VOLUMES = {"channel": pl.String, "hourly_volume": pl.Int64}
SEND_TIMES_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "contact_id": pl.String, "send_at": pl.Datetime("us"), "send_hour_probability": pl.Float64,
    "preferred_send_at": pl.Datetime("us"), "send_hour_basis": pl.String,
}  # fmt: skip
OTHER_SEND_AT: dict[str, type[pl.DataType] | pl.DataType] = {
    "other_send_at": pl.Datetime("us")
}  # at which it leaves where activity foretells nothing


@dataclass(frozen=True)
class SendRules:
    """The night, and what it allows.

    Attributes:
        windows: one row per zone_key and channel: send_at (the channel's own hour), earliest_send_at, latest_send_at.
        shares: one row per channel whose hours are learnt: channel, hour_exploration_share.
        night, seed: what the draws belong to.
        volumes: one row per channel with a limit: channel, hourly_volume (most messages per hour of UTC).
    """

    windows: pl.DataFrame
    shares: pl.DataFrame
    night: date
    seed: int
    volumes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VOLUMES))


def choose_send_times(acting: pl.DataFrame, known: SendHours, evidence: HourEvidence, rules: SendRules) -> pl.DataFrame:
    """One row per contact whose channel's hours are learnt or limited (`SEND_TIMES_SCHEMA`), sorted by contact_id.

    send_hour_basis says what spoke most for the hour: `default` (nothing speaks against the channel's own), `everyone`,
    `segment` or `contact`; or `explored`; or `volume`: the hour that did is full.

    Args:
        acting: one row per contact with an action: contact_id, channel, zone_key.
        known: what is known of hours.
        evidence: of these contacts; activity and messages of others are left out.
        rules: see there.
    """
    windows = rules.windows.drop_nulls("send_at").join(rules.shares, on="channel")
    timed = (
        acting.select("contact_id", "channel", "zone_key")
        .join(windows, on=["zone_key", "channel"])
        .join(evidence.contacts.select("contact_id", "segment"), on="contact_id", how="left")
        .sort("contact_id")
    )
    parts = [
        _choose(timed[start : start + CONTACTS_AT_ONCE], known, evidence, rules)
        for start in range(0, len(timed), CONTACTS_AT_ONCE)
    ]
    drawn = pl.concat([pl.DataFrame(schema=SEND_TIMES_SCHEMA | OTHER_SEND_AT), *parts])
    if rules.volumes.is_empty():
        return drawn.select(*SEND_TIMES_SCHEMA).sort("contact_id")
    spread_rules = SpreadRules(rules.volumes, known.activity_tells, rules.night, rules.seed)
    return spread_times(_with_windows(acting, drawn, rules), spread_rules).select(*SEND_TIMES_SCHEMA)


def _with_windows(acting: pl.DataFrame, drawn: pl.DataFrame, rules: SendRules) -> pl.DataFrame:
    """What was drawn, and the messages of other channels with a volume at their channel's own hour; with windows."""
    windows = rules.windows.drop_nulls("send_at").rename({"send_at": "usual_send_at"})
    placed = acting.select("contact_id", "channel", "zone_key").join(windows, on=["zone_key", "channel"])
    placed = placed.join(rules.shares, on="channel", how="left").with_columns(
        pl.col("hour_exploration_share").fill_null(0.0)
    )
    usual = pl.col("usual_send_at")
    fixed = placed.join(rules.shares, on="channel", how="anti").join(rules.volumes, on="channel", how="semi")
    fixed = fixed.select(
        "contact_id", send_at=usual, send_hour_probability=pl.lit(1.0), preferred_send_at=usual,
        send_hour_basis=pl.lit("default"), other_send_at=usual,
    )  # fmt: skip
    return pl.concat([drawn, fixed]).join(placed, on="contact_id", validate="1:1")


def _choose(timed: pl.DataFrame, known: SendHours, evidence: HourEvidence, rules: SendRules) -> pl.DataFrame:
    mine = timed.select("contact_id")
    own_evidence = HourEvidence(
        timed.select("contact_id", "segment"),
        evidence.activity.join(mine, on="contact_id", how="semi"),
        evidence.messages.join(mine, on="contact_id", how="semi"),
    )
    views = [_View.of(known, own_evidence, elasticity) for elasticity in (known.elasticity, 0.0)]
    rows = timed.with_row_index("row").with_columns(
        drawn=pl.Series(draw_uniforms(timed["contact_id"].to_list(), "send hour", rules.night, rules.seed)),
        view=pl.Series(draw_uniforms(timed["contact_id"].to_list(), "send hour view", rules.night, rules.seed)),
    )
    chosen = []
    for (zone_key, _), group in rows.group_by("zone_key", "channel", maintain_order=True):
        zone = reference_zone(str(zone_key), rules.night)
        window = SendWindow(*group.select("send_at", "earliest_send_at", "latest_send_at").row(0))
        instants = hour_starts(zone, window)
        cells = local_cells(pl.Series(instants, dtype=pl.Datetime("us")), pl.Series([zone] * len(instants))).to_numpy()
        index = group["row"].to_numpy()
        told = [view.at(index, cells) for view in views]
        chosen.append(_draw(group, instants, window, told, known.activity_tells))
    return pl.concat(chosen)


@dataclass(frozen=True)
class _View:
    """Relative rates of hours: in all and the contact's own part [contacts, hours]; everyone's [hours]."""

    rates: np.ndarray
    own: np.ndarray
    everyone: np.ndarray

    @classmethod
    def of(cls, known: SendHours, evidence: HourEvidence, elasticity: float) -> "_View":
        table = known.by_segment.filter(segment=EVERYONE).sort("cell")
        activity, response = table["activity"].to_numpy(), table[response_column(elasticity)].to_numpy()
        return cls(*response_rates(known, evidence, elasticity), np.asarray(activity**elasticity * response))

    def at(self, contacts: np.ndarray, cells: np.ndarray) -> "_View":
        return _View(self.rates[contacts][:, cells], self.own[contacts][:, cells], self.everyone[cells])

    def best(self, usual: int) -> np.ndarray:
        """The best hour of each contact; of hours alike the one nearest to the channel's own. [contacts]."""
        lifted = self.rates.copy()
        lifted[:, usual] *= LEAST_GAIN
        near = 1e-9 * np.abs(np.arange(lifted.shape[1]) - usual)
        return np.asarray((lifted * (1 - near)).argmax(axis=1))


def _draw(
    group: pl.DataFrame, instants: list[datetime], window: SendWindow, views: list[_View], activity_tells: float
) -> pl.DataFrame:
    count, usual = len(instants), instants.index(window.send_at)
    share, drawn = float(group["hour_exploration_share"][0]), group["drawn"].to_numpy()
    first, second = (view.best(usual) for view in views)
    takes_first = group["view"].to_numpy() < activity_tells
    is_exploring = drawn < share
    explored = np.minimum((drawn / max(share, 1e-12) * count).astype(np.int64), count - 1)
    taken = np.where(is_exploring, explored, np.where(takes_first, first, second))
    basis = np.where(takes_first, _basis(views[0], first, usual), _basis(views[1], second, usual))
    by_view = activity_tells * (taken == first) + (1 - activity_tells) * (taken == second)
    at = np.array(instants, dtype="datetime64[us]")
    return pl.DataFrame(
        {
            "contact_id": group["contact_id"],
            "send_at": at[taken],
            "send_hour_probability": share / count + (1 - share) * by_view,
            "preferred_send_at": at[first],
            "send_hour_basis": np.where(is_exploring, "explored", basis),
            "other_send_at": at[second],
        },
        SEND_TIMES_SCHEMA | OTHER_SEND_AT,
    )


def _basis(told: _View, preferred: np.ndarray, usual: int) -> np.ndarray:
    """What puts the preferred hour most ahead of the channel's own."""
    row = np.arange(len(preferred))
    own = np.log(told.own[row, preferred] / told.own[row, usual])
    everyone = np.log(told.everyone[preferred] / told.everyone[usual])
    total = np.log(told.rates[row, preferred] / told.rates[row, usual])
    largest = np.stack([own, total - own - everyone, everyone]).argmax(axis=0)
    return np.where(preferred == usual, "default", np.choose(largest, ["contact", "segment", "everyone"]))
