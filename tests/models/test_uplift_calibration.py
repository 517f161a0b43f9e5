"""Average effects from logs whose probabilities differ a hundredfold, as those of a policy that exploits."""

import numpy as np
import pytest

from models.grouping import weighted_mean
from models.uplift_calibration import Sample, average_effect

COUNT, RATE = 4_000, 0.05


def _samples(generator: np.random.Generator, beyond: float, told: float) -> tuple[Sample, Sample, float]:
    """Treated and controls of people of two kinds, mostly treated and seldom treated, on whom the effect differs by
    `beyond`; the model tells `told` of that. And the true average effect.
    """
    is_favoured = generator.random(COUNT) < 0.5
    effect = 0.02 + beyond * (is_favoured - 0.5)
    probability = np.where(is_favoured, 0.9, 0.02)
    is_treated = generator.random(COUNT) < probability
    outcome = (generator.random(COUNT) < RATE + is_treated * effect).astype(float)

    def sample(rows: np.ndarray, chance: np.ndarray) -> Sample:
        inverse = 1 / chance[rows]
        return Sample(
            surprise=outcome[rows] - RATE, raw=0.02 + told * (is_favoured[rows] - 0.5),
            expected=np.full(rows.sum(), RATE), weight=inverse / inverse.mean(), size=np.ones(rows.sum()),
            units=np.flatnonzero(rows),
        )  # fmt: skip

    return sample(is_treated, probability), sample(~is_treated, 1 - probability), 0.02


@pytest.mark.parametrize(("beyond", "told"), [(0.0, 0.0), (0.03, 0.03), (0.03, 0.0), (0.06, 0.0)])
def test_an_average_of_uneven_logs_is_nearer_the_truth_and_as_sure_as_it_says(beyond: float, told: float) -> None:
    generator, found, unbiased, inside = np.random.default_rng(1), [], [], []
    for _ in range(300):
        treated, control, truth = _samples(generator, beyond, told)
        estimate = average_effect(treated, control)
        plain = [weighted_mean(of.surprise, of.weight, of.units)[0] for of in (treated, control)]
        found.append(estimate.value - truth)
        unbiased.append(plain[0] - plain[1] - truth)
        inside.append(abs(estimate.value - truth) < 2 * estimate.error)
    # Where the policy favours just those who are moved and the model knows nothing of it, the doubt isn't all told.
    assert np.mean(inside) > (0.9 if beyond - told < 0.06 else 0.8)
    share = np.mean(np.square(found)) / np.mean(np.square(unbiased))
    assert share < (0.6 if beyond == told else 1.2)


def test_where_all_are_drawn_alike_it_is_the_difference_of_the_rates() -> None:
    generator = np.random.default_rng(2)
    surprise, raw = generator.normal(size=(2, 500))
    one = Sample(surprise, raw, np.full(500, RATE), np.ones(500), np.ones(500), np.arange(500))
    other = Sample(-surprise, raw, np.full(500, RATE), np.ones(500), np.ones(500), np.arange(500))
    assert average_effect(one, other).value == pytest.approx(2 * surprise.mean())
