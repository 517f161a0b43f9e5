"""A randomised trial with known truth: rare outcomes, several actions, effects that differ and partly harm.

Every seed is another market: other features drive the outcome, and others what each action changes.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.learning.sample import Sample
from models.choices import NO_ACTION

COUNT_BINARY, COUNT_COUNTS = 5, 5
TRAINING_SHARE = 0.7


@dataclass(frozen=True)
class Market:
    """What a trial is drawn from.

    Attributes:
        count_rows, count_features, count_actions: size; features are at least 15.
        base_rate: share that reaches the goal under no action.
        effect: standard deviation of an action's effect between people, on the logit.
        mean_effect: standard deviation of the actions' average effects, on the logit.
        driving: standard deviation of what drives the outcome whatever is done, on the logit.
        family_share: share of an action's variation that the actions of its family (every other one) have in common.
        logging: `equal` shares, `unequal` shares, or `adaptive`: probabilities that depend on features, as a running
            policy's do, with a floor.
        account_size: mean people per account, who have part of the outcome in common.
        shape: of what moves people: `smooth`, mostly sums of features, or `rules`, such as many visits and a small
            company.
    """

    count_rows: int = 200_000
    count_features: int = 30
    count_actions: int = 4
    base_rate: float = 0.02
    effect: float = 0.45
    mean_effect: float = 0.05
    driving: float = 1.0
    family_share: float = 0.3
    logging: str = "equal"
    account_size: float = 1.0
    shape: str = "smooth"


@dataclass(frozen=True)
class Trial(Sample):
    """A drawn trial.

    Attributes:
        truth: probability of the outcome under each of the actions, [n × action]; for judging only.
        is_training: whole accounts, 70 %, bool [n].
    """

    truth: np.ndarray
    is_training: np.ndarray

    @property
    def effects(self) -> np.ndarray:
        """What each action but none truly changes, [n × action]."""
        return self.truth[:, 1:] - self.truth[:, :1]


def draw_trial(market: Market, seed: int) -> Trial:
    """Draw people, what moves them, and a logged trial on them. The same market and seed give the same trial."""
    generator = np.random.default_rng(seed)
    units = _draw_units(market, generator)
    features = draw_features(market, market.count_rows, generator)
    truth = _draw_truth(market, features, units, generator)
    probabilities = _logging(market, features, generator)
    action = (probabilities.cumsum(axis=1) < generator.random((len(units), 1))).sum(axis=1)
    action = np.minimum(action, market.count_actions)
    rows = np.arange(len(units))
    outcome = (generator.random(len(units)) < truth[rows, action]).astype(float)
    is_training = (generator.permutation(units.max() + 1) < TRAINING_SHARE * (units.max() + 1))[units]
    return Trial(
        names=tuple(f"feature_{number:02}" for number in range(market.count_features)),
        actions=(NO_ACTION, *(f"action_{number}" for number in range(1, market.count_actions + 1))),
        features=features,
        action=action,
        probability=probabilities[rows, action],
        outcome=outcome,
        units=units,
        truth=truth,
        is_training=is_training,
    )


def _draw_units(market: Market, generator: np.random.Generator) -> np.ndarray:
    if market.account_size <= 1:
        return np.arange(market.count_rows)
    count = max(round(market.count_rows / market.account_size), 2)
    size = generator.gamma(1.0, size=count)
    return np.unique(generator.choice(count, market.count_rows, p=size / size.sum()), return_inverse=True)[1]


def draw_features(market: Market, count: int, generator: np.random.Generator) -> np.ndarray:
    """Correlated numbers, then counts with long tails, then yes or no, float32 [count × d]."""
    width = market.count_features
    shared = generator.normal(size=(count, 3)) @ generator.normal(size=(3, width)) / np.sqrt(3)
    latent = np.sqrt(0.75) * generator.normal(size=(count, width)) + np.sqrt(0.25) * shared
    first_binary, first_count = width - COUNT_BINARY, width - COUNT_BINARY - COUNT_COUNTS
    latent[:, first_count:first_binary] = np.floor(np.exp(latent[:, first_count:first_binary] + 0.5))
    latent[:, first_binary:] = latent[:, first_binary:] > generator.normal(size=COUNT_BINARY) * 0.5
    return latent.astype(np.float32)


def _draw_truth(market: Market, features: np.ndarray, units: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    baseline = market.driving * _draw_surface(features, 10, generator, market.shape)
    if market.account_size > 1:
        baseline = baseline + 0.5 * generator.normal(size=units.max() + 1)[units]
    families = [_draw_surface(features, 3, generator, market.shape) for _ in range(2)]
    effects = []
    for number in range(market.count_actions):
        own, shared = _draw_surface(features, 3, generator, market.shape), families[number % 2]
        varying = np.sqrt(1 - market.family_share) * own + np.sqrt(market.family_share) * shared
        effects.append(market.mean_effect * generator.normal() + market.effect * varying)
    intercept = _intercept(baseline, market.base_rate)
    return 1 / (1 + np.exp(-(intercept + baseline[:, None] + np.column_stack([np.zeros(len(units)), *effects]))))


def _draw_surface(
    features: np.ndarray, count_drivers: int, generator: np.random.Generator, shape: str = "smooth"
) -> np.ndarray:
    """A function of a few features, mean 0, deviation 1, [n]: linear, bent and stepped with one product; or rules."""
    if shape == "rules":
        return _draw_rules(features, count_drivers, generator)
    if shape != "smooth":
        raise ValueError(f"shape is smooth or rules, not {shape!r}")
    drivers = generator.choice(features.shape[1], count_drivers, replace=False)
    # Counts have long tails and move logarithmically, as people do who clicked thirty times and not three.
    columns = np.sign(features[:, drivers]) * np.log1p(np.abs(features[:, drivers].astype(float)))
    columns = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    shapes = generator.integers(0, 3, count_drivers)
    bent = [
        (column, np.tanh(2 * column), np.sign(column - 0.3))[shape]
        for column, shape in zip(columns.T, shapes, strict=True)
    ]
    strengths = generator.choice([-1, 1], count_drivers) * generator.uniform(0.5, 1.5, count_drivers)
    surface = np.column_stack(bent) @ strengths + 0.5 * bent[0] * bent[1]
    return (surface - surface.mean()) / surface.std()


def _draw_rules(features: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Rules that each take two features and hold for 15 to 50 % of people by each; mean 0, deviation 1, [n]."""
    surface = np.zeros(len(features))
    for _ in range(count):
        one, other = generator.choice(features.shape[1], 2, replace=False)
        holds = np.ones(len(features), dtype=bool)
        for column in (one, other):
            is_high = generator.random() < 0.5
            border = np.quantile(features[:, column], generator.uniform(0.3, 0.7))
            holds &= (features[:, column] > border) == is_high
        surface += generator.choice([-1, 1]) * generator.uniform(0.5, 1.5) * holds
    return (surface - surface.mean()) / max(surface.std(), 1e-9)


def _intercept(baseline: np.ndarray, rate: float) -> float:
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-(middle + baseline)))).mean() < rate else (low, middle)
    return low


def _logging(market: Market, features: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Probability of each choice, `none` first, [n × choice]."""
    count = market.count_actions + 1
    if market.logging == "equal":
        return np.full((len(features), count), 1 / count)
    if market.logging == "unequal":
        shares = generator.dirichlet(np.full(count, 2.0)) * 0.8 + 0.2 / count
        return np.tile(shares, (len(features), 1))
    if market.logging != "adaptive":
        raise ValueError(f"logging is equal, unequal or adaptive, not {market.logging!r}")
    liking = np.column_stack([_draw_surface(features, 4, generator) for _ in range(count)])
    chosen = np.exp(1.5 * liking)
    return 0.2 / count + 0.8 * chosen / chosen.sum(axis=1, keepdims=True)
