"""Study `bank`: Nightjar's propensity on a bank's calls, without `duration`, which is known only after the call.

Source: Moro, Laureano, Cortez 2011; Portuguese bank, May 2008 to November 2010, in the order of the calls, 11.7 % say
yes. Three splits: five folds at random; the last 30 %, in which four times as many say yes as before; and forward, each
thousand calls predicted by what was known before, as nights do that train anew.
"""

import time
from collections.abc import Callable
from datetime import date
from statistics import median

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from benchmarks.learning.options import Options
from benchmarks.learning.peers.base import TREES
from benchmarks.learning.printing import console, rounded, show_table
from benchmarks.paths import DATA_DIR
from models.boosting import logit
from models.calibration import expected_calibration_error
from models.encoding import fit_encoder
from models.propensity import train_propensity

FILE = DATA_DIR / "propensity_uci_bank_marketing" / "bank_full.csv.gz"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FIRST_YEAR = 2008
LEFT_OUT = ("Cust_num", "duration", "y")
TEST_SHARE = 0.3
COUNT_FOLDS = 5
# Newest part of the training rows on which the trees alone are calibrated.
NEWEST_SHARE = 0.1
STEP = 1_000
MINIMUM_OUTCOMES = 25
KEYS = ("unit_id", "as_of_date", "is_reached", "sample_weight")

Fit = Callable[[pl.DataFrame, int], Callable[[pl.DataFrame], np.ndarray]]


def run(options: Options) -> dict[str, object]:
    """Run, print, and return figures by split and learner."""
    calls = read_calls()
    count, cut = calls.height, round(calls.height * (1 - TEST_SHARE))
    at_random = []
    for seed in range(options.seeds):
        generator = np.random.default_rng(seed)
        fold = generator.permutation(count) % COUNT_FOLDS
        at_random.append([
            (generator.permutation(np.flatnonzero(fold != number)), np.flatnonzero(fold == number))
            for number in range(COUNT_FOLDS)
        ])  # fmt: skip
    forward = [(np.arange(start), np.arange(start, min(start + STEP, count))) for start in range(cut, count, STEP)]
    splits = {
        # Nothing tells time apart where calls are drawn at random: all are of one day.
        "five folds": (calls.with_columns(as_of_date=pl.lit(date(2011, 1, 1))), at_random),
        "last 30 %": (calls, [[(np.arange(cut), np.arange(cut, count))]]),
        "forward": (calls, [forward]),
    }
    result: dict[str, object] = {}
    for split, (frame, repeats) in splits.items():
        console.print(f"  {split}: {sum(len(each) for each in repeats)} trainings of each learner", highlight=False)
        result[split] = {name: judge(fit, frame, repeats) for name, fit in LEARNERS.items()}
    rows = [
        [split, name, rounded(each["auc"], 3), rounded(each["calibration_error"], 4), rounded(each["cpu_seconds"], 1)]
        for split, learners in result.items()
        for name, each in learners.items()
    ]
    show_table(
        "Bank calls without duration", ["split", "learner", "AUC", "calibration error", "CPU s per training"], rows
    )
    return result


def read_calls() -> pl.DataFrame:
    """One row per call, in order, as labelled rows of the nightly job: its month is the snapshot."""
    frame = pl.read_csv(FILE)
    month = frame["month"].replace_strict(list(MONTHS), range(1, 13)).to_numpy()
    year = FIRST_YEAR + np.r_[0, np.cumsum(np.diff(month) < 0)]
    return frame.drop(LEFT_OUT).with_columns(
        unit_id=frame["Cust_num"].cast(pl.String),
        as_of_date=pl.Series([date(int(y), int(m), 1) for y, m in zip(year, month, strict=True)]),
        is_reached=(frame["y"] == "yes").cast(pl.Int64),
        sample_weight=pl.lit(1.0),
    )


def judge(fit: Fit, calls: pl.DataFrame, repeats: list[list[tuple[np.ndarray, np.ndarray]]]) -> dict[str, float]:
    """Medians over the repeats; of a repeat, all its predictions are judged together."""
    aucs, errors, seconds = [], [], []
    for seed, parts in enumerate(repeats):
        predicted = []
        for training, test in parts:
            started = time.process_time()
            predict = fit(calls[training], seed)
            seconds.append(time.process_time() - started)
            predicted.append(predict(calls[test]))
        probability = np.concatenate(predicted)
        outcome = calls["is_reached"].to_numpy()[np.concatenate([test for _, test in parts])]
        aucs.append(float(roc_auc_score(outcome, probability)))
        errors.append(expected_calibration_error(probability, outcome, np.ones(len(outcome))))
    return {"auc": median(aucs), "calibration_error": median(errors), "cpu_seconds": median(seconds)}


def fit_nightjar(calls: pl.DataFrame, seed: int) -> Callable[[pl.DataFrame], np.ndarray]:
    """As the nightly job trains a goal."""
    model, _ = train_propensity("yes", calls, (), MINIMUM_OUTCOMES, seed)
    return lambda others: model.predict(model.encoder.encode(others))


def fit_trees(calls: pl.DataFrame, seed: int) -> Callable[[pl.DataFrame], np.ndarray]:
    """XGBoost alone, uncalibrated."""
    return _fit_encoded(XGBClassifier(**TREES, random_state=seed), calls)


def fit_calibrated_trees(calls: pl.DataFrame, seed: int) -> Callable[[pl.DataFrame], np.ndarray]:
    """XGBoost on the older calls, its margin calibrated by logistic regression on the newest tenth."""
    cut = round(calls.height * (1 - NEWEST_SHARE))
    predict, newest = fit_trees(calls[:cut], seed), calls[cut:]
    calibrator = LogisticRegression().fit(logit(predict(newest))[:, None], newest["is_reached"].to_numpy())
    return lambda others: calibrator.predict_proba(logit(predict(others))[:, None])[:, 1]


def fit_logistic(calls: pl.DataFrame, seed: int) -> Callable[[pl.DataFrame], np.ndarray]:
    """Logistic regression."""
    return _fit_encoded(make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)), calls)


def _fit_encoded(model, calls: pl.DataFrame) -> Callable[[pl.DataFrame], np.ndarray]:
    encoder = fit_encoder(calls.drop(KEYS))
    model.fit(encoder.encode(calls), calls["is_reached"].to_numpy())
    return lambda others: model.predict_proba(encoder.encode(others))[:, 1]


LEARNERS: dict[str, Fit] = {
    "Nightjar": fit_nightjar,
    "XGBoost alone": fit_trees,
    "XGBoost, calibrated on the newest tenth": fit_calibrated_trees,
    "logistic regression": fit_logistic,
}
