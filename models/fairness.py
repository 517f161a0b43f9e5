"""Whether an action goes to some groups of people much more than to others who may get it as well.

Rate ratio for categories and Gini coefficient for numbers, as in Pega's bias measurement
(docs-previous.pega.com/pega-customer-decision-hub-user-guide/87/bias-measurement): it warns of
a ratio outside of 0.5 to 2 and of a coefficient past 0.7. The attribute needn't be a feature of any model: what counts
is who gets what.
"""

import numpy as np

from models.came_true import SURE, Compared, clustered_error


def rate_ratio(is_got: np.ndarray, is_in_group: np.ndarray, units: np.ndarray) -> Compared:
    """How many times as often those of a group get an action as all others.

    Args:
        is_got: who got the action, of those who may get it [n]; is_in_group: [n]; units: account, or contact without
            one [n].

    Raises:
        ValueError: nobody in the group, or nobody outside.
    """
    if not is_in_group.any() or is_in_group.all():
        raise ValueError("a rate ratio needs people in the group and others")
    counts = np.array([is_in_group.sum(), (~is_in_group).sum()])
    got = np.array([is_got[is_in_group].sum(), is_got[~is_in_group].sum()])
    # Half an action more on both sides: where nobody got it, that nobody gets it isn't certain.
    rates = (got + 0.5) / (counts + 1)
    influence = np.where(
        is_in_group, (is_got - rates[0]) / (counts[0] * rates[0]), -(is_got - rates[1]) / (counts[1] * rates[1])
    )
    error = max(clustered_error(influence, units), float(np.sqrt(((1 - rates) / (got + 0.5)).sum())))
    ratio = rates[0] / rates[1]
    return Compared(
        value=float(ratio),
        low=float(ratio * np.exp(-SURE * error)),
        high=float(ratio * np.exp(SURE * error)),
        count=int(counts[0]),
        outcomes=float(got[0]),
        stated=float(rates[1]),
        came=float(rates[0]),
    )


def gini(is_got: np.ndarray, number: np.ndarray, units: np.ndarray) -> Compared | None:
    """How strongly an action goes to high numbers (towards 1) or to low ones (towards -1); 0: to all alike.

    Twice the area under the ROC curve, less one, with DeLong's error by unit. None where all or none got it.

    Args:
        is_got: who got the action, of those who may get it [n]; number: the attribute [n], no NaN; units: [n].
    """
    if not is_got.any() or is_got.all():
        return None
    with_it, without = number[is_got], number[~is_got]
    above = _share_below(without, with_it)
    below = 1 - _share_below(with_it, without)
    area = float(above.mean())
    influence = np.zeros(len(number))
    influence[is_got] = (above - area) / len(with_it)
    influence[~is_got] = (below - area) / len(without)
    error = 2 * clustered_error(influence, units)
    value = 2 * area - 1
    return Compared(
        value=value,
        low=value - SURE * error,
        high=value + SURE * error,
        count=len(number),
        outcomes=float(is_got.sum()),
        stated=float(np.median(without)),
        came=float(np.median(with_it)),
    )


def _share_below(sample: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each value the share of the sample below it, ties half."""
    ordered = np.sort(sample)
    lower, upper = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return np.asarray((lower + upper) / (2 * len(ordered)))
