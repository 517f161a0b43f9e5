"""What few choices of an action say of its average effect. They move its prior, and as yet no more."""

import numpy as np

from models.choices import Choices, recency_weights, share_come, stabilised_weights
from models.grouping import weighted_mean
from models.priors import Estimate


def early_estimate(choices: Choices, action: str, half_life_days: float | None) -> Estimate:
    """Average effect on those who could get the action, weighted by the logged probabilities.

    Outcomes of few choices vary by chance less than they would on average (none of twenty has no variance at all), so
    the error is at least what the rate among controls lets expect.

    Returns:
        An infinite error where nobody got the action, or nobody who could have got it got none.
    """
    treated, controls = choices.treated(action), choices.controls(action)
    if not len(treated) or not len(controls):
        return Estimate(0.0, float("inf"))
    taken = choices.take(np.concatenate([treated, controls]))
    come = share_come(taken)
    weight = stabilised_weights(taken) * recency_weights(taken, half_life_days) * come
    outcome, is_treated = taken.outcome / come, taken.action == action
    mean, error = weighted_mean(outcome[is_treated], weight[is_treated], taken.units[is_treated])
    control, control_error = weighted_mean(outcome[~is_treated], weight[~is_treated], taken.units[~is_treated])
    rate = float(np.clip(max(mean, control), 0.0, 0.5))
    count = weight[is_treated].sum() ** 2 / (weight[is_treated] ** 2).sum()
    expected = float(np.sqrt(rate * (1 - rate) / count))
    if rate == 0.0:
        return Estimate(0.0, float("inf"))
    return Estimate(mean - control, float(np.hypot(max(error, expected), control_error)))
