"""Study `scoring`: all scores of a night against nothing but the trees' own prediction; memory as contacts grow.

Ours goes from the frame of features to the frames of scores, with effects, errors and values, in batches as the nightly
job has them. Bare is `inplace_predict` of the same model on features that are already encoded: of the trees that are
kept, and of the whole model written as trees, as most of what an action adds is a sum of terms. They take turns
batch by batch, so that neighbours on the machine disturb them alike.

    python -m benchmarks.learning.scoring FOLDER CONTACTS ELIGIBLE_SHARE RESULT   (one size, in a process of its own)
"""

import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import xgboost as xgb

from benchmarks.learning.options import Options
from benchmarks.learning.printing import console, rounded, show_table
from benchmarks.learning.trial import Market, draw_features, draw_trial
from models.additive_trees import additive_trees
from models.choices import NO_ACTION, Choices, Evidence
from models.encoding import fit_encoder
from models.merged_trees import merge_trees
from models.priors import policy_prior
from models.propensity import PropensityModel, train_propensity
from models.scores import GoalScoring, Scoring, score_batch
from models.uplift import UpliftModel
from models.uplift_training import build_uplift_model, train_goal_effects

BATCH = 50_000
COUNT_GOALS, COUNT_ACTIONS, COUNT_FEATURES = 4, 20, 60
# A million contacts with the ordinary 200,000 rows.
CONTACTS_PER_ROW = 5
TRAINING_ROWS = 30_000
EVIDENCE = Evidence(minimum_exposures=250, minimum_outcomes=25)
ELIGIBLE_SHARES = (0.25, 1.0)
NIGHT = date(2026, 3, 2)
MARKET = Market(TRAINING_ROWS, COUNT_FEATURES, COUNT_ACTIONS, base_rate=0.05)


def run(options: Options) -> dict[str, object]:
    """Train, measure sizes and shares of eligible actions, print, and return figures by case."""
    most = options.rows * CONTACTS_PER_ROW
    cases = [(most // 5, 1.0), *((most, share) for share in ELIGIBLE_SHARES)]
    result: dict[str, object] = {}
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory(prefix="nightjar-scoring-") as name:
        console.print(f"  training {COUNT_GOALS} goals, {COUNT_ACTIONS} actions, {COUNT_FEATURES} features")
        train(Path(name))
        for contacts, share in cases:
            case = f"{contacts:,} contacts, {share * COUNT_ACTIONS:.0f} actions each"
            console.print(f"  {case}", highlight=False)
            result[case] = each = _measure_apart(Path(name), contacts, share)
            figures = [each[key] for key in ("kept_trees_cpu_seconds", "all_as_trees_cpu_seconds", "cpu_seconds")]
            speeds = [
                f"{each[f'{what}_cpu_seconds'] / each['cpu_seconds']:.0%}" for what in ("kept_trees", "all_as_trees")
            ]
            rows.append([case, *(rounded(figure, 1) for figure in figures), *speeds, rounded(each["peak_mb"], 0)])
    columns = ["case", "kept trees CPU s", "all as trees", "ours", "of kept trees", "of all as trees", "peak MB"]
    show_table("Scoring", columns, rows)
    return result


def train(folder: Path) -> None:
    """Train all models as the nightly job does, and keep their files."""
    propensities, trained = {}, []
    for number in range(COUNT_GOALS):
        trial = draw_trial(MARKET, seed=number)
        frame = _frame(trial.features, 0)
        encoder, count = fit_encoder(frame.drop("contact_id")), len(frame)
        outcome = pl.Series(trial.outcome).cast(pl.Int64)
        labels = frame.with_columns(
            unit_id="contact_id", as_of_date=pl.lit(NIGHT), is_reached=outcome, sample_weight=pl.lit(1.0)
        )
        goal_id = f"goal_{number}"
        model, _ = train_propensity(goal_id, labels.drop("contact_id"), (), EVIDENCE.minimum_outcomes, number)
        propensities[goal_id] = model.to_files()
        choices = Choices(
            features=encoder.encode(frame),
            action=np.array(trial.actions, dtype=object)[trial.action],
            probability=trial.probability,
            outcome=trial.outcome,
            weight=np.ones(count),
            units=trial.units,
            can_get={action: np.ones(count, dtype=bool) for action in trial.actions[1:]},
        )
        priors = dict.fromkeys(trial.actions[1:], policy_prior(0.0))
        trained.append(train_goal_effects(goal_id, choices, priors, EVIDENCE, number))
    bundles = {"propensities": propensities, "uplift": build_uplift_model(encoder, trained).to_files()}
    (folder / "models.pickle").write_bytes(pickle.dumps(bundles))


def measure(folder: Path, contacts: int, eligible_share: float) -> dict[str, float]:
    """Score so many contacts, batch by batch; seconds of ours and of the bare trees, and the peak of memory."""
    scoring = _load(folder)
    uplift = scoring.uplift
    kept = [goal.propensity.booster for goal in scoring.goals] + [uplift.trees.booster]
    written = _written_as_trees(uplift)
    generator = np.random.default_rng(1)
    actions = [effect.action_id for effect in uplift.goals[0].effects]
    bare, terms, ours = np.zeros((3, 2))
    for start in range(0, contacts, BATCH):
        frame = _frame(draw_features(MARKET, min(BATCH, contacts - start), generator), start)
        eligible = pl.concat([
            frame.select("contact_id", action_id=pl.lit(action)).filter(
                pl.Series(generator.random(len(frame)) < eligible_share)
            )
            for action in actions
        ])  # fmt: skip
        encoded = uplift.encoder.encode(frame)
        bare += _seconds(partial(_predict_bare, kept, encoded))
        terms += _seconds(partial(_predict_bare, [written], encoded))
        ours += _seconds(partial(score_batch, frame, eligible, scoring))
    cpu = {"kept_trees_cpu_seconds": bare[0], "all_as_trees_cpu_seconds": bare[0] + terms[0], "cpu_seconds": ours[0]}
    wall = {"kept_trees_seconds": bare[1], "all_as_trees_seconds": bare[1] + terms[1], "seconds": ours[1]}
    # Kilobytes on Linux.
    return {**cpu, **wall, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _written_as_trees(uplift: UpliftModel) -> xgb.Booster:
    """The sums of terms of no action and each action, all goals, as one booster with an output each."""
    count = len(uplift.encoder.feature_names)
    parts = {}
    for goal in uplift.goals:
        sums = {name: effect.coefficients for name, effect in goal.additive.effects.items()}
        for name, coefficients in {NO_ACTION: goal.additive.none, **sums}.items():
            trees = additive_trees(goal.additive.terms, coefficients, count)
            if trees:
                parts[f"{goal.goal_id}/{name}"] = uplift.trees.of_trees(trees)
    return merge_trees(parts, {}).booster


def _load(folder: Path) -> Scoring:
    bundles = pickle.loads((folder / "models.pickle").read_bytes())
    uplift = UpliftModel.from_files(bundles["uplift"])
    priors = {effect.action_id: policy_prior(0.0) for effect in uplift.goals[0].effects}
    goals = tuple(
        GoalScoring(goal_id, 100.0, 1.0, PropensityModel.from_files(files), f"propensity-{goal_id}/1", None, priors)
        for goal_id, files in bundles["propensities"].items()
    )
    return Scoring(goals, uplift, "uplift/1")


def _frame(features: np.ndarray, first: int) -> pl.DataFrame:
    names = [f"feature_{number:02}" for number in range(features.shape[1])]
    ids = pl.Series("contact_id", np.arange(first, first + len(features))).cast(pl.String).str.zfill(9)
    return pl.DataFrame(features, schema=names).with_columns(ids)


def _predict_bare(boosters: list[xgb.Booster], encoded: np.ndarray) -> None:
    for booster in boosters:
        booster.inplace_predict(encoded, predict_type="margin")


def _seconds(work: Callable[[], object]) -> np.ndarray:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return np.array([time.process_time() - cpu, time.perf_counter() - wall])


def _measure_apart(folder: Path, contacts: int, eligible_share: float) -> dict[str, float]:
    result = folder / "result.json"
    command = [sys.executable, "-m", "benchmarks.learning.scoring", str(folder), str(contacts), str(eligible_share)]
    subprocess.run([*command, str(result)], check=True)
    return json.loads(result.read_text())


if __name__ == "__main__":
    Path(sys.argv[4]).write_text(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
