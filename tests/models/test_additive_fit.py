import numpy as np

from models.additive_fit import AdditiveFit, AdditiveRows, fit_additive
from models.additive_posterior import FIRST_VARIANCE, Posterior

FAMILIES = (0, 1, 0)


def _rows(count: int, terms: int, seed: int) -> tuple[AdditiveRows, np.ndarray]:
    """Rows with one outcome in thirty and features alike, and the true coefficients of each action."""
    generator = np.random.default_rng(seed)
    values = np.clip(generator.normal(size=(count, terms)) + 0.8 * generator.normal(size=(count, 1)), -3, 3)
    values[:, 0] = 1.0
    arm = generator.integers(0, 1 + len(FAMILIES), count)
    truth = generator.normal(size=(len(FAMILIES), terms)) * (generator.random((len(FAMILIES), terms)) < 0.1) * 0.5
    margin = -3.5 + np.where(arm > 0, np.einsum("ij,ij->i", values, truth[arm - 1]), 0.0)
    outcome = (generator.random(count) < 1 / (1 + np.exp(-margin))).astype(float)
    offset, units = np.full(count, -3.5), np.arange(count)
    return AdditiveRows(values.astype(np.float32), arm, outcome, np.ones(count), offset, units), truth


def _agreement(fit: AdditiveFit, truth: np.ndarray) -> float:
    return float(np.corrcoef((fit.arms[1:] - fit.arms[0]).ravel(), truth.ravel())[0, 1])


def test_what_matters_is_found_among_many_terms() -> None:
    rows, truth = _rows(40_000, 30, seed=1)
    fit = fit_additive(rows, FAMILIES, 2)
    assert _agreement(fit, truth) > 0.9
    error = np.sqrt(np.einsum("aii->ai", fit.covariance))
    inside = np.abs(fit.arms[1:] - fit.arms[0] - truth)[:, 1:] < 2 * error[:, 1:] + 0.03
    assert inside.mean() > 0.9


def test_more_terms_than_outcomes_do_not_lead_astray() -> None:
    rows, truth = _rows(3_000, 120, seed=2)
    fit = fit_additive(rows, FAMILIES, 2)
    assert np.abs(fit.arms).max() < 4.0
    assert _agreement(fit, truth) > 0.5


def test_rows_that_reach_the_goal_against_all_odds_do_not_lead_astray() -> None:
    """Half the rows have a logit of -9 beforehand and reach the goal as often as the rest: first steps go far."""
    generator, count, terms, share = np.random.default_rng(4), 2_000, 100, 0.01
    values = ((generator.random((count, terms)) < share) - share) / np.sqrt(share * (1 - share))
    values[:, 0] = 1.0
    arm = generator.choice(1 + len(FAMILIES), count, p=[0.7, 0.1, 0.1, 0.1])
    outcome = (generator.random(count) < 0.03).astype(float)
    offset = np.where(generator.random(count) < 0.5, -3.5, -9.0)
    terms_of = np.clip(values, -5, 5).astype(np.float32)
    fit = fit_additive(AdditiveRows(terms_of, arm, outcome, np.ones(count), offset, np.arange(count)), FAMILIES, 2)
    assert fit.arms[:, 0].mean() > 0.4
    assert np.abs(fit.arms).max() < 4.0
    assert (np.einsum("aii->ai", fit.covariance) > 0).all()


def test_outcomes_seen_from_many_nights_tell_no_more_than_once() -> None:
    """Rows of one account that repeat another's are no evidence."""
    rows, _ = _rows(3_000, 40, seed=6)
    once, again = fit_additive(rows, FAMILIES, 2), rows.take(np.tile(np.arange(3_000), 8))
    assert np.abs(fit_additive(again, FAMILIES, 2).arms - once.arms)[:, 1:].max() < 0.15


def test_equal_rows_give_equal_bytes() -> None:
    rows, _ = _rows(2_000, 20, seed=3)
    assert fit_additive(rows, FAMILIES, 2).arms.tobytes() == fit_additive(rows, FAMILIES, 2).arms.tobytes()


def test_layers_solve_what_the_whole_system_solves() -> None:
    """Means and covariances against the inverse of the Hessian of all coefficients at once."""
    generator, terms = np.random.default_rng(5), 4
    roots = generator.normal(size=(1 + len(FAMILIES), 30, terms))
    gram, target = np.einsum("ani,anj->aij", roots, roots), generator.normal(size=(1 + len(FAMILIES), terms))
    posterior = Posterior(terms, FAMILIES, 2)
    posterior._solve(gram, target)

    layers = np.zeros((len(gram), 1 + 2 + len(FAMILIES)))
    layers[:, 0] = 1.0
    for action, family in enumerate(FAMILIES):
        layers[1 + action, [1 + family, 3 + action]] = 1.0
    size = layers.shape[1] * terms
    hessian = np.einsum("ab,ac,aij->bicj", layers, layers, gram).reshape(size, size) + np.eye(size) / FIRST_VARIANCE
    whole = np.linalg.inv(hessian)
    means = (whole @ (layers.T @ target).ravel()).reshape(-1, terms)
    assert np.allclose(posterior.arms(), layers @ means)
    for action, family in enumerate(FAMILIES):
        picked = np.kron(np.isin(np.arange(len(means)), [1 + family, 3 + action]), np.eye(terms))
        assert np.allclose(posterior.covariance()[action], picked @ whole @ picked.T)
    for family in range(2):
        block = slice((1 + family) * terms, (2 + family) * terms)
        expected = whole[block, block] + np.eye(terms) * FIRST_VARIANCE
        assert np.allclose(posterior.family_covariance()[family], expected)
