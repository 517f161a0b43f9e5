"""Splink alone, set up as its own tutorial sets it up for this very data.

Source: moj-analytical-services/splink, docs/demos/tutorials (04 parameters, 05 predictions and clusters, 07 evaluation
with looser blocking rules). The tutorial clusters at a match probability of 0.2 (05) and then chooses a threshold by
labels (07); so the clusters are also given for the threshold that is best by the truth, which flatters Splink.
"""

import time
from dataclasses import dataclass

import numpy as np
import polars as pl
import splink.comparison_library as cl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from splink import ColumnExpression, DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.identity.agreement import Agreement, agree

TUTORIAL_THRESHOLD = 0.2
THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
BLOCKINGS: dict[str, list[tuple[str, ...]]] = {
    "tutorial 05": [("first_name", "city"), ("surname",)],
    "tutorial 07, looser blocking": [("first_name",), ("city",), ("email",), ("dob",)],
}


@dataclass(frozen=True)
class SplinkRun:
    """Splink's clusters by threshold, and the seconds of training and prediction."""

    by_threshold: dict[float, Agreement]
    seconds: float

    @property
    def best_threshold(self) -> float:
        """The threshold with the highest pairwise F1."""
        return max(self.by_threshold, key=lambda threshold: self.by_threshold[threshold].f1)


def run_tutorial(people: pl.DataFrame, truth_column: str) -> dict[str, SplinkRun]:
    """Train once, predict and cluster with each of the tutorial's blocking rules.

    Args:
        people: unique_id (row numbers from 0), first_name, surname, dob, city, email and the truth.
        truth_column: which column says who is who; Splink doesn't see it.
    """
    began = time.monotonic()
    frame = people.with_columns(unique_id=pl.int_range(pl.len()))
    parameters = _train(frame.drop(truth_column))
    training = time.monotonic() - began
    runs = {}
    for name, rules in BLOCKINGS.items():
        began = time.monotonic()
        pairs = _predict(frame.drop(truth_column), parameters, rules)
        by_threshold = {
            threshold: agree(
                pl.DataFrame({"true": people[truth_column], "found": _clusters(pairs, threshold, len(people))})
            )
            for threshold in THRESHOLDS
        }
        runs[name] = SplinkRun(by_threshold, training + time.monotonic() - began)
    return runs


def _train(frame: pl.DataFrame) -> dict:
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.LevenshteinAtThresholds(ColumnExpression("dob").cast_to_string(), 1),  # type: ignore[arg-type]
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[block_on("first_name", "city"), block_on("surname")],
    )
    linker = Linker(DuckDBAPI().register(frame.to_arrow()), settings, log_level="ERROR")
    training = linker.training
    likely: list = [
        block_on("first_name", "dob"),
        "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
        block_on("email"),
    ]
    training.estimate_probability_two_random_records_match(likely, recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("first_name", "surname"))
    training.estimate_parameters_using_expectation_maximisation(block_on("dob"))
    return linker.misc.save_model_to_json(None)


def _predict(frame: pl.DataFrame, parameters: dict, rules: list[tuple[str, ...]]) -> pl.DataFrame:
    """One row per scored pair: left, right (row numbers), score."""
    settings = {**parameters, "blocking_rules_to_generate_predictions": [block_on(*rule) for rule in rules]}
    linker = Linker(DuckDBAPI().register(frame.to_arrow()), settings, log_level="ERROR")
    predicted = linker.inference.predict(threshold_match_probability=min(THRESHOLDS)).as_duckdbpyrelation()
    return predicted.select("unique_id_l as left_row, unique_id_r as right_row, match_probability as score").pl()


def _clusters(pairs: pl.DataFrame, threshold: float, size: int) -> np.ndarray:
    joined = pairs.filter(pl.col("score") >= threshold)
    links = (np.ones(len(joined)), (joined["left_row"].to_numpy(), joined["right_row"].to_numpy()))
    return connected_components(coo_array(links, shape=(size, size)), directed=False)[1]
