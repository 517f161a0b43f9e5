"""Drift of features: how far tonight's contacts are from those of the night of the training, feature by feature.

The population stability index of Siddiqi (Credit Risk Scorecards, 2006): over bins, sum (now - then) * ln(now / then).
By habit below 0.1 nothing has moved, past 0.25 much has. It is never zero, not even for two samples of one population:
there it is about (1/n + 1/m) times chi-squared with bins - 1 degrees of freedom (Yurdakul, Statistical properties of
the population stability index, 2018). What that alone reaches is kept apart as `noise`, and only what goes beyond
counts.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from scipy.stats import chi2

from models.encoding import EncodedColumn, FeatureEncoder

PROFILE_FILE = "profile.json"
MOST_BINS = 10
# Days since something grow by one a day for everybody at once: they are told apart in weeks, months and quarters.
DAYS = ("days_since_", "days_in_")
EDGES_OF_DAYS = (7.0, 30.0, 90.0)
# How seldom noise alone may pass for more, per feature and night.
FALSE_ALARM = 1e-4
# Added to each bin's count, so that an empty one doesn't make the index infinite.
PSEUDO_COUNT = 0.5
# The segment of those in an arm that isn't acted on, and the fewest that can tell anything.
LEFT_ALONE = "left alone"
LEAST_LEFT_ALONE = 50


@dataclass(frozen=True)
class FeatureProfile:
    """How one feature was spread.

    Attributes:
        name: of the feature, as in the feature table or a trait's.
        kind: a number is counted by bins, a category by levels.
        positions: of its columns in the encoded array; one for a number, one per level and "other" for a category.
        edges: upper ends of a number's bins but the last, ascending; empty for a category.
        labels: one per bin, in words; the last is "missing".
        shares: one per bin, sum to 1.
    """

    name: str
    kind: Literal["number", "category"]
    positions: tuple[int, ...]
    edges: tuple[float, ...]
    labels: tuple[str, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Profile:
    """How the features of the contacts of one night were spread.

    Attributes:
        count_units: independent units behind the shares: accounts, and fewer where some are large (Kish).
        features: in the encoder's order.
        segments: the same of a part of the contacts, by its name.
    """

    count_units: float
    features: tuple[FeatureProfile, ...]
    segments: Mapping[str, "Profile"] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Profile":
        return _from_content(json.loads(text))


@dataclass(frozen=True)
class FeatureDrift:
    """How far one feature has moved.

    Attributes:
        psi: population stability index, with noise.
        chance: the index that chance alone has on average.
        noise: the index that chance alone reaches once in `1 / FALSE_ALARM` nights.
        label, share_then, share_now: the bin that moved most, in words, and its shares.
        left_alone: what of the index those show whom Nightjar doesn't act on, less the mean of chance; None: not known.
    """

    name: str
    psi: float
    chance: float
    noise: float
    label: str
    share_then: float
    share_now: float
    left_alone: float | None = None

    @property
    def beyond_noise(self) -> float:
        """What is neither chance nor the doing of the decisions themselves; 0 or more. Thresholds are for this."""
        real = max(self.psi - self.noise, 0.0)
        return real if self.left_alone is None else min(real, max(self.left_alone, 0.0))

    @property
    def is_own_doing(self) -> bool:
        """It moved, but for the greater part not among those left alone."""
        return self.beyond_noise < (self.psi - self.noise) / 2


def fit_profile(
    encoder: FeatureEncoder,
    encoded: np.ndarray,
    units: np.ndarray,
    segments: Mapping[str, np.ndarray] | None = None,
) -> Profile:
    """How the features of a night's contacts are spread.

    The contacts that are scored on the night of the training, not the rows learnt from: those are older by a goal's
    horizon and thinned, so that the very same night would seem to have drifted.

    Args:
        encoder: what made the array.
        encoded: [contact × feature name], as of `encoder.encode`.
        units: [contact] account, or contact without one.
        segments: by name, which contacts [contact, bool] belong to it.

    Raises:
        ValueError: no contacts.
    """
    if not len(encoded):
        raise ValueError("a profile needs contacts")
    positions = _positions(encoder)
    parts = {
        name: fit_profile(encoder, encoded[chosen], units[chosen])
        for name, chosen in (segments or {}).items()
        if chosen.any()
    }
    features = tuple(
        _feature_profile(column, where, encoded) for column, where in zip(encoder.columns, positions, strict=True)
    )
    return Profile(effective_units(units), features, parts)


def psi(
    profile: Profile, encoded: np.ndarray, units: np.ndarray, is_left_alone: np.ndarray | None = None
) -> dict[str, FeatureDrift]:
    """How far each feature is from the profile, by the feature's name.

    Decisions move features themselves (who was written to was touched lately). What moved by that alone stays where it
    was among those left alone, and doesn't count.

    Args:
        profile: of the night of the training.
        encoded: [contact × feature name], by the encoder that the profile was fitted with.
        units: [contact] account, or contact without one.
        is_left_alone: [contact] in an arm that isn't acted on.

    Raises:
        ValueError: no contacts.
    """
    if not len(encoded):
        raise ValueError("drift needs contacts")
    drifts = _drifts(profile, encoded, units)
    if is_left_alone is None or is_left_alone.sum() < LEAST_LEFT_ALONE:
        return drifts
    # Before there were arms, nobody was acted on.
    before = profile.segments.get(LEFT_ALONE, profile)
    alone = _drifts(before, encoded[is_left_alone], units[is_left_alone])
    return {name: replace(drift, left_alone=alone[name].psi - alone[name].chance) for name, drift in drifts.items()}


def effective_units(units: np.ndarray) -> float:
    """As how many units of equal size they count: contacts of one account aren't independent (Kish, 1965)."""
    sizes = np.unique(units, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def _positions(encoder: FeatureEncoder) -> list[tuple[int, ...]]:
    widths = [1 if column.kind == "number" else len(column.levels) + 1 for column in encoder.columns]
    ends = np.cumsum(widths)
    return [tuple(range(int(end) - width, int(end))) for end, width in zip(ends, widths, strict=True)]


def _feature_profile(column: EncodedColumn, positions: tuple[int, ...], encoded: np.ndarray) -> FeatureProfile:
    edges: tuple[float, ...] = ()
    if column.kind == "number":
        values = encoded[:, positions[0]]
        edges = EDGES_OF_DAYS if any(each in column.name for each in DAYS) else _edges(values[~np.isnan(values)])
        labels = _labels_of(edges)
    else:
        labels = (*column.levels, "other")
    counts = _counts(column.kind, positions, edges, encoded)
    shares = tuple(float(each) for each in counts / counts.sum())
    return FeatureProfile(column.name, column.kind, positions, edges, (*labels, "missing"), shares)


def _edges(values: np.ndarray) -> tuple[float, ...]:
    """Upper ends of bins of about equally many; where most have the lowest value, the others are split on their own.

    The last bin begins below the largest value, as the trees' last leaf does: what only grows stays in it.
    """
    if not len(values):
        return ()
    ends = _quantiles(values, MOST_BINS)
    rest = values[values > values.min()]
    if 0 < len(rest) < len(values) / 2:
        ends = np.append(_quantiles(rest, MOST_BINS // 2), values.min())
    distinct = np.unique(ends)
    below = distinct[distinct < values.max()]
    return tuple(float(end) for end in (below if len(below) else distinct))


def _quantiles(values: np.ndarray, count_bins: int) -> np.ndarray:
    return np.quantile(values, np.arange(1, count_bins) / count_bins, method="inverted_cdf")


def _labels_of(edges: tuple[float, ...]) -> tuple[str, ...]:
    if not edges:
        return ("any number",)
    between = [f"over {low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    return (f"up to {edges[0]:.4g}", *between, f"over {edges[-1]:.4g}")


def _counts(kind: str, positions: tuple[int, ...], edges: tuple[float, ...], encoded: np.ndarray) -> np.ndarray:
    """Contacts per bin; the last bin is missing."""
    is_missing = np.isnan(encoded[:, positions[0]])
    if kind == "number":
        bins = np.searchsorted(np.asarray(edges, np.float32), encoded[~is_missing, positions[0]], side="left")
        known = np.bincount(bins, minlength=len(edges) + 1)
    else:
        known = encoded[~is_missing][:, list(positions)].sum(axis=0, dtype=np.float64)
    return np.append(known, is_missing.sum()).astype(np.float64)


def _drifts(profile: Profile, encoded: np.ndarray, units: np.ndarray) -> dict[str, FeatureDrift]:
    count_units = effective_units(units)
    return {each.name: _drift(each, encoded, profile.count_units, count_units) for each in profile.features}


def _drift(feature: FeatureProfile, encoded: np.ndarray, units_then: float, units_now: float) -> FeatureDrift:
    counts = _counts(feature.kind, feature.positions, feature.edges, encoded)
    shares_now = counts / counts.sum()
    shares_then = np.asarray(feature.shares)
    is_used = (shares_now > 0) | (shares_then > 0)
    now = _smoothed(shares_now[is_used], units_now)
    then = _smoothed(shares_then[is_used], units_then)
    scale, freedom = 1 / units_then + 1 / units_now, max(int(is_used.sum()) - 1, 1)
    most = int(np.argmax(np.abs(shares_now - shares_then)))
    return FeatureDrift(
        name=feature.name,
        psi=float(((now - then) * np.log(now / then)).sum()),
        chance=scale * freedom,
        noise=float(scale * chi2.ppf(1 - FALSE_ALARM, freedom)),
        label=feature.labels[most],
        share_then=float(shares_then[most]),
        share_now=float(shares_now[most]),
    )


def _smoothed(shares: np.ndarray, count: float) -> np.ndarray:
    return (shares * count + PSEUDO_COUNT) / (count + PSEUDO_COUNT * len(shares))


def _from_content(content: dict[str, Any]) -> Profile:
    features = tuple(
        FeatureProfile(
            each["name"],
            each["kind"],
            tuple(each["positions"]),
            tuple(each["edges"]),
            tuple(each["labels"]),
            tuple(each["shares"]),
        )
        for each in content["features"]
    )
    segments = {name: _from_content(each) for name, each in content["segments"].items()}
    return Profile(content["count_units"], features, segments)
