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
from typing import Any

import numpy as np
from scipy.stats import chi2

from models.encoding import FeatureEncoder
from models.feature_bins import Counted, FeatureBins, fit_bins

PROFILE_FILE = "profile.json"
# How seldom noise alone may pass for more, per feature and night.
FALSE_ALARM = 1e-4
# Added to each bin's count, so that an empty one doesn't make the index infinite.
PSEUDO_COUNT = 0.5
# The segment of those in an arm that isn't acted on, and the fewest that can tell anything.
LEFT_ALONE = "left alone"
LEAST_LEFT_ALONE = 50


@dataclass(frozen=True)
class FeatureProfile:
    """How one feature was spread."""

    bins: FeatureBins
    counted: Counted


@dataclass(frozen=True)
class Profile:
    """How the features of the contacts of one night were spread.

    Attributes:
        features: in the encoder's order.
        segments: the same of a part of the contacts, by its name.
    """

    features: tuple[FeatureProfile, ...]
    segments: Mapping[str, "Profile"] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Profile":
        return _from_content(json.loads(text))


# In the names of features that count touches.
TOUCHES = "touch"


@dataclass(frozen=True)
class FeatureDrift:
    """How far one feature has moved.

    Attributes:
        psi: population stability index, with noise.
        chance, likely, noise: the index that chance alone has on average; exceeds once in a hundred times, and once in
            `1 / FALSE_ALARM` times.
        label, share_then, share_now: the bin that moved most, in words, and its shares.
        left_alone: what of the index those show whom Nightjar doesn't act on; None: not known.
    """

    name: str
    psi: float
    chance: float
    likely: float
    noise: float
    label: str
    share_then: float
    share_now: float
    left_alone: float | None = None

    @property
    def beyond_noise(self) -> float:
        """What is neither chance nor the doing of the decisions themselves; 0 or more. Thresholds are for this."""
        real = max(self.psi - self.noise, 0.0)
        return real if self.left_alone is None else min(real, self.left_alone)

    @property
    def beyond_chance(self) -> float:
        """The index less its mean by chance; 0 where it is likely enough by chance."""
        return self.psi - self.chance if self.psi > self.likely else 0.0

    @property
    def is_of_touches(self) -> bool:
        """It tells of what was done to people, by us or by the old rules, and not of what they do."""
        return TOUCHES in self.name

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
    _, unit = np.unique(units, return_inverse=True)
    bins = [fit_bins(column, where, encoded) for column, where in zip(encoder.columns, positions, strict=True)]
    return Profile(tuple(FeatureProfile(each, each.count(encoded, unit)) for each in bins), parts)


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
    return {name: replace(drift, left_alone=alone[name].beyond_chance) for name, drift in drifts.items()}


def _positions(encoder: FeatureEncoder) -> list[tuple[int, ...]]:
    widths = [1 if column.kind == "number" else len(column.levels) + 1 for column in encoder.columns]
    ends = np.cumsum(widths)
    return [tuple(range(int(end) - width, int(end))) for end, width in zip(ends, widths, strict=True)]


def _drifts(profile: Profile, encoded: np.ndarray, units: np.ndarray) -> dict[str, FeatureDrift]:
    _, unit = np.unique(units, return_inverse=True)
    return {each.bins.name: _drift(each, each.bins.count(encoded, unit)) for each in profile.features}


def _drift(feature: FeatureProfile, counted: Counted) -> FeatureDrift:
    shares_now, shares_then = np.asarray(counted.shares), np.asarray(feature.counted.shares)
    is_used = (shares_now > 0) | (shares_then > 0)
    now = _smoothed(shares_now[is_used], counted.independent)
    then = _smoothed(shares_then[is_used], feature.counted.independent)
    scale = 1 / feature.counted.independent + 1 / counted.independent
    freedom = max(int(is_used.sum()) - 1, 1)
    most = int(np.argmax(np.abs(shares_now - shares_then)))
    return FeatureDrift(
        name=feature.bins.name,
        psi=float(((now - then) * np.log(now / then)).sum()),
        chance=scale * freedom,
        likely=float(scale * chi2.ppf(0.99, freedom)),
        noise=float(scale * chi2.ppf(1 - FALSE_ALARM, freedom)),
        label=feature.bins.labels[most],
        share_then=float(shares_then[most]),
        share_now=float(shares_now[most]),
    )


def _smoothed(shares: np.ndarray, count: float) -> np.ndarray:
    return (shares * count + PSEUDO_COUNT) / (count + PSEUDO_COUNT * len(shares))


def _from_content(content: dict[str, Any]) -> Profile:
    features = tuple(
        FeatureProfile(
            FeatureBins(**{name: _frozen(value) for name, value in each["bins"].items()}),
            Counted(tuple(each["counted"]["shares"]), each["counted"]["independent"]),
        )
        for each in content["features"]
    )
    return Profile(features, {name: _from_content(each) for name, each in content["segments"].items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
