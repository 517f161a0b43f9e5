"""What each variant of a message's content changes in the responses to it, overall and in a context.

    response / rate = x·b + sum over slots of (x·effects of the slot's variant) + noise

`x` is 1 and indicators of the contact's context; `rate` is the action's usual rate of responses, so effects are parts
of it. All have normal priors around nothing, narrower in a context than overall; how wide they are is found by the
evidence of all actions together (empirical Bayes; Bishop 2006, "Pattern Recognition and Machine Learning", 3.5).
"""

import json
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.linalg import solve_triangular

MAIN_WIDTHS = (0.05, 0.1, 0.2, 0.4, 0.8)  # of a variant's effect, as a part of the usual rate
CONTEXT_WIDTHS = (0.02, 0.08, 0.25)
USUAL_WIDTHS = (0.2, 0.08)  # what is believed of the two before anything is known, each within a factor of e
RATE_STRENGTH = 200.0  # messages that an action's rate is worth that comes from all actions
MOST_LEVELS = 12  # of a context; rarer ones share what holds for all
POSTERIOR_DRAWS = 512
CONTEXTS_AT_ONCE = 1_000
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class ContextEncoder:
    """A context as numbers: 1, and an indicator per frequent level of each column. `columns` are (name, levels)."""

    columns: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, contexts: pl.DataFrame, names: tuple[str, ...]) -> "ContextEncoder":
        return cls(tuple((name, _frequent_levels(contexts, name)) for name in names))

    @property
    def width(self) -> int:
        return 1 + sum(len(levels) for _, levels in self.columns)

    def encode(self, frame: pl.DataFrame) -> np.ndarray:
        """float64 [rows, width]."""
        levels = [(frame[name] == level).fill_null(False) for name, known in self.columns for level in known]
        return np.column_stack([np.ones(len(frame)), *levels]).astype(np.float64).reshape(len(frame), self.width)


@dataclass(frozen=True)
class ActionMessages:
    """An action's messages, one row per content and context.

    Attributes:
        keys: (slot, variant) of the library in its order, then of what left it.
        x: float64 [rows, width].
        used: bool [rows, keys].
        weight, responses: float64 [rows], both weighted by age.
        counts: int64 [rows, 2], messages and responses.
    """

    action_id: str
    keys: tuple[tuple[str, str], ...]
    x: np.ndarray
    used: np.ndarray
    weight: np.ndarray
    responses: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, action_id: str, rows: pl.DataFrame, library: pl.DataFrame, encoder: ContextEncoder) -> "ActionMessages":
        rows = rows.sort("content", *(name for name, _ in encoder.columns))
        contents = [json.loads(text) for text in rows["content"]]
        listed = library.filter(action_id=action_id).select("slot", "content_variant_id").rows()
        keys = [*listed, *sorted({item for content in contents for item in content.items()} - set(listed))]
        used = np.array([[content.get(slot) == variant for slot, variant in keys] for content in contents], dtype=bool)
        return cls(
            action_id,
            tuple(keys),
            encoder.encode(rows),
            used.reshape(len(rows), len(keys)),
            rows["weight"].to_numpy().astype(np.float64),
            rows["weighted_responses"].to_numpy().astype(np.float64),
            rows.select("count_messages", "count_responses").to_numpy().astype(np.int64),
        )

    def counted(self, place: int, least: int) -> tuple[int, int | None, float | None]:
        """Messages with a variant, and if they are at least so many, responses to them and their quotient."""
        messages, responses = self.counts[self.used[:, place]].sum(axis=0).tolist()
        return (messages, responses, responses / messages) if messages >= max(least, 1) else (messages, None, None)


@dataclass(frozen=True)
class Evidence:
    """What an action's messages add to what is believed: `matrix` [effects, effects] and `vector` [effects].

    The first `width` effects are the context's own, then `width` for each key.
    """

    width: int
    rate: float
    matrix: np.ndarray
    vector: np.ndarray

    @classmethod
    def of(cls, part: ActionMessages, rate: float) -> "Evidence":
        width, count = part.x.shape[1], len(part.keys)
        matrix, vector = np.zeros((width * (count + 1),) * 2), np.zeros(width * (count + 1))
        noise = (1 - rate) / rate
        for start in range(0, len(part.x), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            used, x = part.used[rows], part.x[rows]
            design = np.hstack([x, (used[:, :, None] * x[:, None, :]).reshape(len(x), count * width)])
            matrix += (design.T * (part.weight[rows] / noise)) @ design
            vector += design.T @ (part.responses[rows] / (rate * noise))
        return cls(width, rate, matrix, vector)

    def believed(self, widths: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """Precision and mean of the prior. [effects] each."""
        deviation = np.tile(np.append(widths[0], np.full(self.width - 1, widths[1])), len(self.vector) // self.width)
        deviation[: self.width] = np.append(1.0, np.full(self.width - 1, 0.5))
        return deviation**-2.0, np.append(1.0, np.zeros(len(deviation) - 1))

    def log_likelihood(self, widths: tuple[float, float]) -> float:
        """Of the messages, but for what all widths share."""
        precision, usual = self.believed(widths)
        lower = np.linalg.cholesky(np.diag(precision) + self.matrix)
        half = solve_triangular(lower, precision * usual + self.vector, lower=True)
        return float(0.5 * np.log(precision).sum() - np.log(np.diag(lower)).sum() + 0.5 * half @ half)


class Posterior:
    """What is known of an action's effects: normal, with `mean` [effects] and `covariance` [effects, effects]."""

    def __init__(self, evidence: Evidence, widths: tuple[float, float]) -> None:
        self.width = evidence.width
        precision, usual = evidence.believed(widths)
        lower = np.linalg.cholesky(np.diag(precision) + evidence.matrix)
        inverse = solve_triangular(lower, np.eye(len(lower)), lower=True)
        self.covariance = inverse.T @ inverse
        self.mean = self.covariance @ (precision * usual + evidence.vector)

    def best_shares(self, places: list[int], x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """How often each key at `places` has the largest effect, over draws. [contexts, places]."""
        block = self._block(places)
        lower = np.linalg.cholesky(self.covariance[np.ix_(block, block)] + 1e-12 * np.eye(len(block)))
        normal = rng.standard_normal((POSTERIOR_DRAWS, len(block)))
        effects = (self.mean[block] + normal @ lower.T).reshape(POSTERIOR_DRAWS, len(places), self.width)
        shares = np.zeros((len(x), len(places)))
        for start in range(0, len(x), CONTEXTS_AT_ONCE):
            part = x[start : start + CONTEXTS_AT_ONCE]
            best = np.einsum("dpw,cw->dcp", effects, part).argmax(axis=2)
            for column in range(len(places)):
                shares[start : start + len(part), column] = (best == column).mean(axis=0)
        return shares

    def contrasts(self, places: list[int], x: np.ndarray) -> list[tuple[float, float]]:
        """Effect of each key against the mean of those at `places`, in the mean context `x`; and its standard error."""
        block = self._block(places)
        project = np.kron(np.eye(len(places)) - 1 / len(places), x[None, :])
        variance = np.einsum("ij,jk,ik->i", project, self.covariance[np.ix_(block, block)], project)
        deviation = np.sqrt(np.maximum(variance, 0.0))
        return list(zip((project @ self.mean[block]).tolist(), deviation.tolist(), strict=True))

    def _block(self, places: list[int]) -> np.ndarray:
        return np.concatenate([np.arange(self.width) + (place + 1) * self.width for place in places])


def by_action(rows: pl.DataFrame, library: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each action that has a library or rows, sorted by action."""
    return [(action, rows.filter(action_id=action)) for action in sorted({*library["action_id"], *rows["action_id"]})]


def usual_rates(parts: list[ActionMessages]) -> list[float]:
    """The usual rate of responses of each action, shrunk to that of all."""
    sums = [(float(part.responses.sum()), float(part.weight.sum())) for part in parts]
    overall = (sum(r for r, _ in sums) + 1.0) / (sum(w for _, w in sums) + 25.0)
    return [float(np.clip((r + RATE_STRENGTH * overall) / (w + RATE_STRENGTH), 1e-4, 0.9)) for r, w in sums]


def likeliest_widths(evidences: list[Evidence]) -> tuple[float, float]:
    """How wide effects are, overall and in a context: the likeliest pair over all actions."""
    told = [evidence for evidence in evidences if evidence.matrix.any()]

    def likelihood(widths: tuple[float, float]) -> float:
        believed = -0.5 * float(np.sum(np.log(np.divide(widths, USUAL_WIDTHS)) ** 2))
        return believed + sum(evidence.log_likelihood(widths) for evidence in told)

    return max(((main, context) for main in MAIN_WIDTHS for context in CONTEXT_WIDTHS), key=likelihood)


def _frequent_levels(contexts: pl.DataFrame, name: str) -> tuple[str, ...]:
    counts = contexts.group_by(name).agg(pl.col("count_contacts").sum()).drop_nulls()
    ordered = counts.sort(["count_contacts", name], descending=[True, False])
    return tuple(sorted(ordered[name].head(MOST_LEVELS).to_list()))
