"""Study `job`: a drawn trial through the whole nightly job, beside the learners alone on the same people.

What the job loses on the way, by thinning, encoding, or features that say nothing, shows as a smaller share of gain.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.learning.judging import judge_by_truth
from benchmarks.learning.learners import choose_learners, fit_apart
from benchmarks.learning.options import Options
from benchmarks.learning.own.trial_exports import write_exports
from benchmarks.learning.own.trial_night import NightChoice, decide
from benchmarks.learning.own.trial_table import TrialTable
from benchmarks.learning.printing import rounded, show_table
from benchmarks.learning.trial import Market, Trial, draw_trial
from models.encoding import Trait

SEED = 1
FIGURES = ("share_of_gain", "qini", "pehe", "slope")


def run(options: Options) -> dict[str, object]:
    """Run one seed, print, and return figures by learner; `the job's choice` is what the night decided."""
    trial = draw_trial(replace(Market(), count_rows=options.rows), SEED)
    test = np.flatnonzero(~trial.is_training)
    effects = trial.effects[test]
    choice = _decide(trial)
    judged = {"the job": judge_by_truth(np.nan_to_num(choice.uplift), None, effects)}
    for name in choose_learners("none" if options.peers == "none" else "best"):
        fitted = fit_apart(name, trial.take(np.flatnonzero(trial.is_training)), trial.features[test], SEED)
        judged[f"{name} alone"] = judge_by_truth(fitted.uplift, None, effects)
    result: dict[str, object] = {
        name: {figure: getattr(each, figure) for figure in FIGURES} for name, each in judged.items()
    }
    gain = (choice.probability[:, 1:] * effects).sum(axis=1).mean()
    chosen = float(gain / np.maximum(effects, 0).max(axis=1).mean())
    result["the job's choice"] = {"share_of_gain": chosen}
    rows: list[list[object]] = [[name, *(rounded(each.get(f), 3) for f in FIGURES)] for name, each in result.items()]
    show_table(f"A drawn trial of {options.rows:,} people", ["who", "share of gain", "Qini", "PEHE", "slope"], rows)
    columns = ["action_id", "evidence", "count_exposures", "count_outcomes"]
    show_table("What the night knows", columns, [list(row) for row in choice.effects.select(columns).rows()])
    return result


def as_table(trial: Trial) -> TrialTable:
    """The drawn trial as one that came in a file; every account is a person."""
    traits = {f"trait_{name}": trial.features[:, number] for number, name in enumerate(trial.names)}
    frame = pl.DataFrame(traits).with_row_index("id")
    frame = frame.with_columns(
        email=pl.format("person@p{}.example", "id"),
        action=pl.Series(np.array(trial.actions)[trial.action]),
        probability=pl.Series(trial.probability),
        outcome=pl.Series(trial.outcome).cast(pl.Int64),
        is_training=pl.Series(trial.is_training),
    )
    return TrialTable(frame, trial.actions, tuple(Trait(name, "number") for name in traits))


def _decide(trial: Trial) -> NightChoice:
    folder = Path(tempfile.mkdtemp(prefix="nightjar-trial-"))
    try:
        table = as_table(trial)
        write_exports(table, folder / "exports")
        return decide(table, folder)
    finally:
        shutil.rmtree(folder)
