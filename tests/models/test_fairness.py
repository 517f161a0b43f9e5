import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.came_true import SURE
from models.fairness import gini, rate_ratio

UNITS = np.repeat(np.arange(1000), 3)
COUNT = len(UNITS)


def test_chance_is_no_bias_and_its_error_is_right() -> None:
    generator, ratios, ginis = np.random.default_rng(0), [], []
    for _ in range(300):
        of_account = generator.beta(2, 8, 1000)[UNITS]
        is_got = generator.random(COUNT) < of_account
        group, number = generator.random(1000)[UNITS] < 0.2, generator.normal(size=1000)[UNITS]
        ratio, coefficient = rate_ratio(is_got, group, UNITS), gini(is_got, number, UNITS)
        assert coefficient is not None
        ratios.append(np.log(ratio.value) / (np.log(ratio.high / ratio.low) / (2 * SURE)))
        ginis.append(coefficient.value / ((coefficient.high - coefficient.low) / (2 * SURE)))
    for errors in (ratios, ginis):
        assert abs(np.mean(errors)) < 0.2
        assert 0.9 <= np.mean(np.abs(errors) <= 1.96) <= 0.98


def test_unequal_treatment_is_found() -> None:
    generator = np.random.default_rng(1)
    group = generator.random(COUNT) < 0.3
    is_got = generator.random(COUNT) < np.where(group, 0.1, 0.4)
    compared = rate_ratio(is_got, group, UNITS)
    assert compared.value == pytest.approx(0.25, rel=0.2) and compared.high < 0.5
    assert (compared.count, compared.outcomes) == (group.sum(), is_got[group].sum())
    nobody = rate_ratio(is_got & ~group, group, UNITS)
    assert nobody.value < 0.01 and nobody.high < 0.5


def test_the_coefficient_is_that_of_the_roc_curve() -> None:
    generator = np.random.default_rng(2)
    number = generator.integers(0, 9, COUNT).astype(float)
    is_got = generator.random(COUNT) < number / 9
    compared = gini(is_got, number, UNITS)
    assert compared is not None
    assert compared.value == pytest.approx(2 * roc_auc_score(is_got, number) - 1)
    assert gini(np.ones(COUNT, dtype=bool), number, UNITS) is None


def test_a_group_of_nobody_is_an_error() -> None:
    with pytest.raises(ValueError, match="people in the group and others"):
        rate_ratio(np.ones(3, dtype=bool), np.zeros(3, dtype=bool), np.arange(3))
