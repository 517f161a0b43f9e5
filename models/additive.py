"""Additive effects of actions as they are kept and applied: one matrix product for all contacts and actions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.additive_fit import AdditiveFit
from models.additive_terms import AdditiveTerms, terms_of_json

COUNT_FACTORS = 8
ROWS_AT_ONCE = 8_192
# What no sum of terms tells, steps and interactions, as a share of the variance of what it tells: so that intervals
# cover in drawn markets of several kinds (tests, benchmarks/learning). Where nothing differs, it adds nothing.
UNTOLD_SHARE = 0.3


@dataclass(frozen=True)
class AdditiveEffect:
    """One action's part of the logit, or that of a family's new action.

    Attributes:
        coefficients: [term]; factors: [term × factor], the sum of squares of a contact's products with them is the
            variance of the action's part beyond that of no action, up to `rest`.
    """

    coefficients: tuple[float, ...]
    factors: tuple[tuple[float, ...], ...]
    rest: float


@dataclass(frozen=True)
class AdditiveEffects:
    """Of one goal: no action, and each action or family by name."""

    terms: AdditiveTerms
    none: tuple[float, ...]
    effects: Mapping[str, AdditiveEffect]

    def margins(self, encoded: np.ndarray) -> "AdditiveMargins":
        """Of encoded features [n × d]."""
        names = list(self.effects)
        columns = [np.array(self.none)[:, None]]
        for effect in self.effects.values():
            columns += [np.array(effect.coefficients)[:, None], np.array(effect.factors)]
        weights, rest = np.concatenate(columns, axis=1), np.array([each.rest for each in self.effects.values()])
        none, added, variance = np.empty(len(encoded)), *np.empty((2, len(names), len(encoded)))
        for start in range(0, len(encoded), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            products = self.terms.values(encoded[rows]).astype(np.float64) @ weights
            by_effect = products[:, 1:].reshape(len(products), len(names), 1 + COUNT_FACTORS)
            none[rows], added[:, rows] = products[:, 0], by_effect[:, :, 0].T
            variance[:, rows] = np.einsum("nef,nef->en", by_effect[:, :, 1:], by_effect[:, :, 1:]) + rest[:, None]
        # Single precision hides what the order of a sum does to its last digit.
        single = [each.astype(np.float32) for each in (none, added, variance)]
        return AdditiveMargins(
            single[0], dict(zip(names, single[1], strict=True)), dict(zip(names, single[2], strict=True))
        )


@dataclass(frozen=True)
class AdditiveMargins:
    """Parts of logits beyond the offset, float32 [n].

    Attributes:
        none: under no action; added: by action or family; variance: of its difference to `none`.
    """

    none: np.ndarray
    added: Mapping[str, np.ndarray]
    variance: Mapping[str, np.ndarray]


def keep_effects(
    terms: AdditiveTerms, fit: AdditiveFit, actions: list[str], families: list[str], values: np.ndarray
) -> AdditiveEffects:
    """What scoring needs of a fit; `values` are the terms of the rows learnt from, [n × term]."""
    parts = [
        *zip(actions, fit.arms[1:], fit.covariance, strict=True),
        *zip(families, fit.families, fit.family_covariance, strict=True),
    ]
    effects = {name: _kept(own, own - fit.arms[0], covariance, values) for name, own, covariance in parts}
    return AdditiveEffects(terms, tuple(fit.arms[0].tolist()), effects)


def effects_of_json(about: dict | None) -> AdditiveEffects | None:
    """Of what `dataclasses.asdict` and JSON make of them; None stays None."""
    if about is None:
        return None
    effects = {
        name: AdditiveEffect(tuple(each["coefficients"]), tuple(map(tuple, each["factors"])), each["rest"])
        for name, each in about["effects"].items()
    }
    return AdditiveEffects(terms_of_json(about["terms"]), tuple(about["none"]), effects)


def _kept(coefficients: np.ndarray, beyond: np.ndarray, covariance: np.ndarray, values: np.ndarray) -> AdditiveEffect:
    """The first term is left to the average effect, which has an error of its own."""
    inner = covariance[1:, 1:]
    size, directions = np.linalg.eigh((inner + inner.T) / 2)
    largest = np.argsort(size)[::-1][:COUNT_FACTORS]
    factors = np.zeros((len(coefficients), COUNT_FACTORS))
    factors[1:, : len(largest)] = directions[:, largest] * np.sqrt(np.maximum(size[largest], 0.0))
    second_moment = (values[:, 1:].astype(np.float64) ** 2).mean(axis=0)
    left = np.maximum(np.diag(inner) - (factors[1:] ** 2).sum(axis=1), 0.0)
    untold = UNTOLD_SHARE * float((values @ beyond).var())
    rest = float(left @ second_moment) + untold
    return AdditiveEffect(tuple(coefficients.tolist()), tuple(map(tuple, factors.tolist())), rest)
