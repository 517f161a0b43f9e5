"""Who responds to which message: known within days, for every message sent, and an early sign of whom it moves.

Goals are rare, and much of what is seen of them would have come anyway. A response has no control: nobody clicks what
wasn't sent. So for whom a message does more is seen in responses long before it is seen in goals. How much of the
effect on a goal goes with them is measured on the goal's own outcomes (`models/uplift_measuring.py`).

P(response) of an action is the logit of a sum of terms, shared in part between the actions of a family
(`models/additive_fit.py`). What people like may change: the half-life of a message's weight is the policy's, or a
shorter one if that foretells the newest messages of other accounts better beyond chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.additive_fit import AdditiveFit, AdditiveRows, fit_additive
from models.additive_terms import AdditiveTerms, fit_terms
from models.boosting import logit, sigmoid
from models.encoding import FeatureEncoder
from models.grouping import group_folds, weighted_mean

# A family with fewer responses, or fewer messages without one, has no rates yet: few can't tell taste from chance.
LEAST_RESPONSES = 100
# Their lead is measured from so many on, as not all of them are among the choices that tell of a goal.
LEAST_MEASURED = 25
# Shares of the policy's half-life that are tried, on the messages of this many newest days.
SHARES_OF_HALF_LIFE = (1.0, 1 / 4, 1 / 12)
NEWEST_DAYS = 7
# Rates beyond these multiples of the usual one scale a belief no further.
SMALLEST_RATIO, LARGEST_RATIO = 0.25, 4.0


@dataclass(frozen=True)
class Messages:
    """Messages whose days of response have passed, or of which that isn't known; every array [n].

    Attributes:
        features: encoded, float32 [n × d].
        action: action_id.
        responded: 0/1; NaN: not known, or no message.
        weight: messages that each row stands for.
        units: accounts.
        age_days: since the message.
    """

    features: np.ndarray
    action: np.ndarray
    responded: np.ndarray
    weight: np.ndarray
    units: np.ndarray
    age_days: np.ndarray


@dataclass(frozen=True)
class ResponseModel:
    """Probability of a response.

    Attributes:
        coefficients: of the logit, [term] by action.
        usual: mean rate of all messages of the action's family, by action.
        half_life_days: of a message's weight.
    """

    encoder: FeatureEncoder
    terms: AdditiveTerms
    coefficients: Mapping[str, np.ndarray]
    usual: Mapping[str, float]
    half_life_days: float

    def rates(self, encoded: np.ndarray) -> dict[str, np.ndarray]:
        """P(response) to each action's message of contacts [n × d], float64 [n] by action."""
        return _rates(self.terms.values(encoded), self.coefficients)


def fit_responses(
    encoder: FeatureEncoder, messages: Messages, families: Mapping[str, str], half_life_days: float, seed: int
) -> ResponseModel | None:
    """Rates of all actions whose family has responses enough; None where no family has.

    Args:
        families: by action; those without messages get their family's.
        half_life_days: longest half-life of a message's weight.
    """
    known = _Known.of(messages, families, LEAST_RESPONSES)
    if known is None:
        return None
    terms = fit_terms(known.messages.features)
    values = terms.values(known.messages.features)
    half_life = _best_half_life(known, values, half_life_days, seed)
    coefficients = _fit(known, values, half_life)
    usual = known.usual(half_life)
    return ResponseModel(encoder, terms, coefficients, {action: usual[action] for action in coefficients}, half_life)


def rates_apart(
    messages: Messages, terms: AdditiveTerms, families: Mapping[str, str], half_life_days: float, folds: np.ndarray
) -> dict[str, np.ndarray]:
    """P(response) of each row to each action, by what the other folds of accounts tell, [n] by action.

    Actions of a family without responses enough in every fold are left out.
    """
    values, found = terms.values(messages.features), []
    for fold in np.unique(folds):
        known = _Known.of(messages, families, LEAST_MEASURED, np.flatnonzero(folds != fold))
        found.append({} if known is None else _fit(known, values[known.index], half_life_days))
    actions = set.intersection(*(set(each) for each in found)) if found else set()
    rates = {action: np.zeros(len(values)) for action in sorted(actions)}
    for fold, coefficients in zip(np.unique(folds), found, strict=True):
        rows = np.flatnonzero(folds == fold)
        for action, of_action in _rates(values[rows], {action: coefficients[action] for action in rates}).items():
            rates[action][rows] = of_action
    return rates


def response_ratio(rate: np.ndarray, usual: float) -> np.ndarray:
    """How many times the usual rate, within a quarter and four times, [n]."""
    return np.clip(rate / usual, SMALLEST_RATIO, LARGEST_RATIO)


@dataclass(frozen=True)
class _Known:
    """Messages with a known answer, of families with answers enough.

    Attributes:
        index: their rows; actions: with such a message; families: of them, and of all actions that they speak for.
    """

    messages: Messages
    index: np.ndarray
    actions: tuple[str, ...]
    families: Mapping[str, str]

    @classmethod
    def of(
        cls, messages: Messages, families: Mapping[str, str], least: int, rows: np.ndarray | None = None
    ) -> "_Known | None":
        rows = np.arange(len(messages.action)) if rows is None else rows
        rows = rows[~np.isnan(messages.responded[rows])]
        family = np.array([families.get(action, "") for action in messages.action[rows]], dtype=object)
        enough = []
        for each in sorted(set(family) - {""}):
            responded = messages.responded[rows[family == each]]
            if min(responded.sum(), (1 - responded).sum()) >= least:
                enough.append(each)
        if not enough:
            return None
        index = rows[np.isin(family, enough)]
        taken = Messages(*(getattr(messages, name)[index] for name in Messages.__dataclass_fields__))
        spoken_for = {action: each for action, each in families.items() if each in enough}
        return cls(taken, index, tuple(sorted(set(taken.action))), spoken_for)

    def weight(self, half_life_days: float) -> np.ndarray:
        ages = self.messages.age_days
        return self.messages.weight * 0.5 ** ((ages - ages.min()) / half_life_days)

    def usual(self, half_life_days: float) -> dict[str, float]:
        """Mean rate of the family, by action."""
        weight = self.weight(half_life_days)
        family = np.array([self.families[action] for action in self.messages.action], dtype=object)
        mean = {
            each: float(np.average(self.messages.responded[family == each], weights=weight[family == each]))
            for each in set(family)
        }
        return {action: mean[each] for action, each in self.families.items()}


def _fit(known: _Known, values: np.ndarray, half_life_days: float, rows: np.ndarray | None = None) -> dict:
    """Coefficients [term] by action; `values` are the terms of the known messages."""
    rows = np.arange(len(values)) if rows is None else rows
    messages, weight = known.messages, known.weight(half_life_days)[rows]
    rate = float(np.average(messages.responded[rows], weights=weight))
    numbers = {action: 1 + number for number, action in enumerate(known.actions)}
    names = sorted(set(known.families.values()))
    fit: AdditiveFit = fit_additive(
        AdditiveRows(
            values[rows], np.array([numbers[action] for action in messages.action[rows]]), messages.responded[rows],
            weight, np.full(len(rows), logit(np.array(rate))), messages.units[rows],
        ),
        [names.index(known.families[action]) for action in known.actions],
        len(names),
    )  # fmt: skip
    found = {
        action: fit.arms[numbers[action]] if action in numbers else fit.families[names.index(family)]
        for action, family in known.families.items()
    }
    level = np.zeros(values.shape[1])
    level[0] = logit(np.array(rate))
    return {action: coefficients + level for action, coefficients in found.items()}


def _rates(values: np.ndarray, coefficients: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        action: sigmoid((values @ of_action.astype(np.float32)).astype(np.float64))
        for action, of_action in coefficients.items()
    }


def _best_half_life(known: _Known, values: np.ndarray, longest: float, seed: int) -> float:
    """The half-life by which other accounts' messages foretell the newest ones best; the longest unless a shorter one
    does so beyond chance.
    """
    messages = known.messages
    folds = group_folds(messages.units, 2, seed)
    newest = messages.age_days < messages.age_days.min() + NEWEST_DAYS
    if not messages.responded[newest].any() or not messages.responded[~newest].any():
        return longest
    losses = {}
    for share in SHARES_OF_HALF_LIFE:
        loss = np.zeros(len(folds))
        for fold in range(2):
            seen, asked = np.flatnonzero(folds != fold), np.flatnonzero((folds == fold) & newest)
            if not messages.responded[seen].any():
                return longest
            coefficients = _fit(known, values, share * longest, seen)
            for action in known.actions:
                rows = asked[messages.action[asked] == action]
                margin = values[rows] @ coefficients[action].astype(np.float32)
                loss[rows] = np.logaddexp(0, margin) - messages.responded[rows] * margin
        losses[share * longest] = loss[newest]
    best, best_gain = longest, 0.0
    for half_life, loss in losses.items():
        gain, error = weighted_mean(losses[longest] - loss, messages.weight[newest], messages.units[newest])
        if gain > max(best_gain, error):
            best, best_gain = half_life, gain
    return best
