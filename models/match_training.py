"""The probabilities of the matching model, learnt from the records themselves: no pair needs a label."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.match_blocks import block_limits, candidate_pairs
from models.match_rules import ELSE, NULL, Level, MatchRules
from models.matching import PAIR, PLACE, MatchParameters, score_pairs, term_frequency_columns

ROUNDS = 4
SAMPLED_PAIRS = 30_000
SAMPLED_RECORDS = 400  # all pairs of them: the random pairs that tell how often strangers agree
# so many pairs of each kind the rows of the seed are worth
PRIOR_M, PRIOR_U = 100.0, 2_000.0
PRIOR_TERMS, PRIOR_TERMS_UNTRAINED = 50.0, 500.0
COUNT_TERMS, RAREST_TERM = (
    1_000,
    3,
)  # what is kept of how common names are: no rare name, which could tell who somebody is
DUPLICATES = (0.02, 3.0)  # per record, the least and the most that are believed


def prior_parameters(records: pl.DataFrame, rules: MatchRules) -> MatchParameters:
    """Those of the seeds, for records too few to learn from."""
    count = max(len(records), int(rules.settings["training_records"]))
    return MatchParameters(
        m={_key(level): level.m for level in rules.levels if level.name != NULL},
        u={_key(level): level.u for level in rules.levels if level.name != NULL},
        chance=rules.settings["duplicates_per_record"] / count,
        frequencies=_frequencies(records, rules, PRIOR_TERMS_UNTRAINED),
        limits=block_limits(
            records,
            rules.blocking,
            int(rules.settings["largest_block"]),
            rules.settings["pairs_per_record"],
            rules.settings["most_pairs"],
        ),
    )


def learn_parameters(records: pl.DataFrame, rules: MatchRules, backend: Any) -> MatchParameters:
    """Expectation and maximisation over pairs that share a block (m, chance) and random pairs (u).

    It starts with the values of the seeds. Each round scores the pairs with what is known so far and counts how often
    each level occurs, weighted by the probability that a pair is one person, or isn't. The values of the seeds count as
    some pairs more, so that a level that is rare in the data stays sensible.

    Args:
        records: see `comparable_records`.

    Returns:
        the same for the same records, in any order.
    """
    parameters = replace(prior_parameters(records, rules), frequencies=_frequencies(records, rules, PRIOR_TERMS))
    pairs = candidate_pairs(records, rules.blocking, parameters.limits)
    near = _sample(pairs, SAMPLED_PAIRS)
    far = _all_pairs(_sample(records.select("record_key"), SAMPLED_RECORDS)["record_key"].sort())
    count = len(records)
    both = pl.concat([near, far]).unique()  # so Splink compares once a round, and not twice
    used = records.join(pl.concat(both.get_columns()).rename("record_key").unique().to_frame(), "record_key", "semi")
    for _ in range(ROUNDS):
        levels = score_pairs(used, both, rules, parameters, backend, with_levels=True)
        scored, strangers = (levels.join(pairs, on=PAIR, how="semi").sort(PAIR) for pairs in (near, far))
        expected = float(scored["match_score"].sum()) * len(pairs) / max(len(near), 1)
        duplicates = float(np.clip(2 * expected / count, *DUPLICATES))
        parameters = replace(
            parameters,
            chance=_rounded(duplicates / (count - 1)),
            m=_shares(scored, scored["match_score"].to_numpy(), rules, "m", PRIOR_M),
            u=_shares(strangers, 1 - strangers["match_score"].to_numpy(), rules, "u", PRIOR_U),
        )
    return parameters


def _shares(
    scored: pl.DataFrame, weights: NDArray[np.float64], rules: MatchRules, which: str, strength: float
) -> dict[str, float]:
    """How the weight of the pairs is shared among the levels of each comparison."""
    found = {}
    for comparison in rules.comparisons():
        levels = [level for level in rules.levels if level.comparison == comparison and level.name != NULL]
        prior = np.array([getattr(level, which) for level in levels])
        gammas = scored[f"gamma_{comparison}"].to_numpy()
        has_value = gammas >= 0
        counts = np.bincount(gammas[has_value], weights[has_value], minlength=len(levels))[::-1]
        share = (counts + strength * prior / prior.sum()) / (counts.sum() + strength)
        if which == "u":  # what was never seen among so many pairs may still happen once in as many
            share = np.maximum(share, np.minimum(prior, 1 / max(counts.sum(), 1)))
        for level, value, given in zip(levels, share, prior, strict=True):
            is_learnt = level.is_trained or level.name == ELSE
            found[_key(level)] = _rounded(float(value if is_learnt else given))
    return found


def _frequencies(records: pl.DataFrame, rules: MatchRules, strength: float) -> dict[str, dict[str, float]]:
    """How common values are, by column; drawn towards the seeds' u of equality.

    A local value (`ES|garcia`) is counted among those of its country. What is not listed is as rare as the value `""`
    says, or `ES|` for its country.
    """
    found: dict[str, dict[str, float]] = {}
    for column in term_frequency_columns(rules):
        prior = max(level.u for level in rules.levels if level.term_frequency == column)
        values = records.select(pl.col(column).alias("term")).drop_nulls()
        counts = values.group_by("term").agg(count_records=pl.len()).with_columns(place=PLACE)
        shares = counts.with_columns(
            share=(pl.col("count_records") + strength * prior)
            / (pl.col("count_records").sum().over("place") + strength)
        ).sort(["count_records", "term"], descending=[True, False])
        is_common = (pl.col("count_records") >= RAREST_TERM) & (pl.int_range(pl.len()) < COUNT_TERMS)
        common, rare = shares.filter(is_common), shares.filter(~is_common)
        in_place = rare.group_by("place").agg(pl.col("share").mean()).sort("place")
        listed = [*common.select("term", "share").iter_rows(), *in_place.iter_rows()]
        found[column] = {term: _rounded(share) for term, share in listed}
        found[column].setdefault("", _rounded(strength * prior / (len(values) + strength)))
    return found


def _sample(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """So many rows, the same whatever their order."""
    if len(rows) <= count:
        return rows
    shuffled = rows.with_columns(place=pl.concat_str(rows.columns, separator="|").hash(7)).sort("place", *rows.columns)
    return shuffled.head(count).select(rows.columns)


def _all_pairs(keys: pl.Series) -> pl.DataFrame:
    left, right = np.triu_indices(len(keys), 1)
    return pl.DataFrame({PAIR[0]: keys.gather(left), PAIR[1]: keys.gather(right)})


def _key(level: Level) -> str:
    return f"{level.comparison} {level.name}"


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
