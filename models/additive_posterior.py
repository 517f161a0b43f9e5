"""The normal posterior of additive effects, given the curvature of the likelihood.

Three layers of coefficients: common to all, of a family, an action's own. Given the layers above, families are
independent of each other, and so are actions: the Hessian is an arrow of arrows, and nothing larger than a block of
one action's terms is ever inverted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

COUNT_RELEVANCE = 10
FIRST_VARIANCE, INTERCEPT_VARIANCE = 0.05, 1.0
# Inverse gamma prior of a variance: a coefficient of 0.03 is as good as none.
VARIANCE_SHAPE, VARIANCE_SCALE = 0.5, 0.0005
# Per standard deviation of a term, odds that rise by two thirds are much already. Without a bound, a rare term whose
# few rows all reached the goal (separation) has no largest likelihood, and its variance grows with each step.
LARGEST_VARIANCE = 0.25
# Variances that change by less, relative to themselves, are found.
SETTLED = 0.02
COUNT_HALVINGS = 6


@dataclass(frozen=True)
class Coefficients:
    """Of no action and all others, [term]; what families add, [family × term]; and actions, [action × term]."""

    common: np.ndarray
    family: np.ndarray
    own: np.ndarray

    def towards(self, other: "Coefficients", share: float) -> "Coefficients":
        return Coefficients(*(
            getattr(self, name) + share * (getattr(other, name) - getattr(self, name))
            for name in ("common", "family", "own")
        ))  # fmt: skip


class Posterior:
    """Means, variances and covariances of the coefficients, made better by each `update`.

    Args:
        count_terms: terms; family_of: number of the family of each action.
    """

    def __init__(self, count_terms: int, family_of: Sequence[int], count_families: int):
        self.family_of = np.asarray(family_of, dtype=int)
        shapes = (count_terms,), (count_families, count_terms), (len(self.family_of), count_terms)
        self.coefficients = Coefficients(*(np.zeros(shape) for shape in shapes))
        self.variances = Coefficients(*(np.full(shape, FIRST_VARIANCE) for shape in shapes))

    def arms(self) -> np.ndarray:
        """Coefficients of each arm, no action first, [1 + action × term]."""
        means = self.coefficients
        actions = means.common + means.family[self.family_of] + means.own
        return np.concatenate([means.common[None], actions])

    def families(self) -> np.ndarray:
        """Coefficients of a new action of each family, [family × term]."""
        return self.coefficients.common + self.coefficients.family

    def update(self, gram: np.ndarray, gradient: np.ndarray) -> None:
        """Means and variances for the quadratic around the present coefficients.

        Args:
            gram: information of each arm, [arm × term × term]; gradient: of its log likelihood, [arm × term].
        """
        target = gradient + (gram @ self.arms()[..., None])[..., 0]
        for _ in range(COUNT_RELEVANCE):
            self._solve(gram, target)
            former, self.variances = self.variances, self._relevance()
            pairs = ((getattr(former, name), getattr(self.variances, name)) for name in ("common", "family", "own"))
            if all((np.abs(new - old) <= SETTLED * old).all() for old, new in pairs):
                break

    def step_back(self, before: Coefficients, log_likelihood: Callable[[np.ndarray], float]) -> None:
        """Halve the way from `before` until likelihood and prior together are no worse: a whole step can go astray."""
        goal = self.coefficients

        def objective(of: Coefficients) -> float:
            self.coefficients = of
            penalty = sum(
                float((getattr(of, name) ** 2 / getattr(self.variances, name)).sum())
                for name in ("common", "family", "own")
            )
            return log_likelihood(self.arms()) - penalty / 2

        least = objective(before)
        for halvings in range(COUNT_HALVINGS):
            if objective(before.towards(goal, 0.5**halvings)) >= least:
                return
        self.coefficients = before

    def covariance(self) -> np.ndarray:
        """Of own plus family, [action × term × term]."""
        found = []
        for family, inverse, precision in zip(self.family_of, self._inverse, 1 / self.variances.own, strict=True):
            kept = inverse * precision
            jacobian = np.concatenate([kept - np.eye(len(kept)), kept], axis=1)
            across = self._across[family]
            joint = np.block([[self._common, across.T], [across, self._families[family]]])
            found.append(inverse + jacobian @ joint @ jacobian.T)
        return np.array(found)

    def family_covariance(self) -> np.ndarray:
        """Of a new action of each family, whose own part is only believed, [family × term × term]."""
        own = self.variances.own
        believed = own.mean(axis=0) if len(own) else np.full(own.shape[1], FIRST_VARIANCE)
        return self._families + np.diag(believed)

    def _solve(self, gram: np.ndarray, target: np.ndarray) -> None:
        """Means and covariances, layer by layer: G - G (G + D)^-1 G is D - D (G + D)^-1 D, D being the precisions."""
        unit = np.eye(gram.shape[1])
        own, above = 1 / self.variances.own, 1 / self.variances.family
        self._inverse = _inverse(gram[1:] + unit * own[:, None, :])
        alone = (self._inverse @ target[1:, :, None])[..., 0]
        lifted = own * alone
        kept = own[:, :, None] * (unit - self._inverse * own[:, None, :])
        hessian, right, means = gram[0] + np.diag(1 / self.variances.common), target[0].copy(), []
        middles, passed = [], []
        for family, precision in enumerate(above):
            of = self.family_of == family
            middle = _inverse(kept[of].sum(axis=0) + np.diag(precision))
            told = lifted[of].sum(axis=0)
            hessian += precision[:, None] * (unit - middle * precision)
            right += precision * (middle @ told)
            middles.append(middle)
            passed.append(unit - middle * precision)
            means.append(middle @ told)
        self._common = _inverse(hessian)
        common = self._common @ right
        self._across = np.array([-share @ self._common for share in passed])
        self._families = np.array([
            middle - across @ share.T for middle, across, share in zip(middles, self._across, passed, strict=True)
        ])  # fmt: skip
        families = np.array([mean - share @ common for mean, share in zip(means, passed, strict=True)])
        taken = (common + families)[self.family_of]
        self.coefficients = Coefficients(
            common, families, alone - taken + (self._inverse @ (own * taken)[..., None])[..., 0]
        )

    def _relevance(self) -> Coefficients:
        """The most probable prior variance of each coefficient."""
        together = self._common + self._across + self._across.transpose(0, 2, 1) + self._families
        own = []
        for family, inverse, precision in zip(self.family_of, self._inverse, 1 / self.variances.own, strict=True):
            passed = np.eye(len(inverse)) - inverse * precision
            own.append(np.diag(inverse) + ((passed @ together[family]) * passed).sum(axis=1))
        uncertain = Coefficients(
            np.diag(self._common).copy(),
            np.einsum("fii->fi", self._families),
            np.array(own).reshape(self.coefficients.own.shape),
        )
        return Coefficients(*(
            _most_probable(getattr(self.coefficients, name), getattr(uncertain, name))
            for name in ("common", "family", "own")
        ))  # fmt: skip


def _most_probable(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Prior variances; the first term, the intercept, keeps a wide one."""
    found = np.minimum((mean**2 + variance + 2 * VARIANCE_SCALE) / (1 + 2 * VARIANCE_SHAPE), LARGEST_VARIANCE)
    found[..., 0] = INTERCEPT_VARIANCE
    return found


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Of a symmetric positive definite matrix or several, [… × term × term]."""
    inverse = np.linalg.inv(matrix)
    return (inverse + np.swapaxes(inverse, -1, -2)) / 2
