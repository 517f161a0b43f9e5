"""What the models in use state, held against the newest choices whose result is known."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from dagster_project.model_health import EFFECTS
from dagster_project.scored_contacts import segments_of
from dagster_project.uplift_learner import UPLIFT
from dagster_project.watched_night import WatchedNight, bounds
from dagster_project.watched_rows import CHOICE_COLUMNS, read_known_choices
from models.came_true import effect_as_stated, outcomes_as_stated
from models.choices import NO_ACTION
from models.propensity import PropensityModel
from models.uplift import UpliftModel
from models.watching import ALL, Finding, Watched, calibration_finding, effect_finding, not_known
from policy.schema import Goal


def find_what_came_true(night: WatchedNight) -> Iterator[Finding]:
    """The models in use, held against the newest choices whose result is known."""
    files = night.files_in_use(None)
    uplift = UpliftModel.from_files(files) if files else None
    names = {model.goal_id: model.name for model in night.models}
    for goal in night.policy.goals:
        rows = read_known_choices(night.warehouse, goal.goal_id, night.policy.watch.choice_days)
        files = night.files_in_use(goal.goal_id)
        propensity = PropensityModel.from_files(files) if files else None
        yield from _calibration(night, names[goal.goal_id], goal, rows, propensity)
        yield from _effects(night, goal, rows, uplift)


def _calibration(
    night: WatchedNight, name: str, goal: Goal, rows: pl.DataFrame, model: PropensityModel | None
) -> Iterator[Finding]:
    watch, needed = night.policy.watch, night.policy.limits.minimum_outcomes
    about = Watched(name, "calibration", goal.goal_id, goal_id=goal.goal_id)
    if model is None:
        yield not_known(about, "no model in use")
        return
    if rows.height == 0:
        yield not_known(about, "no choice with a known result yet")
        return
    features = rows.drop(CHOICE_COLUMNS)
    stated = model.predict(model.encoder.encode(features))
    outcome, units = rows["is_reached"].to_numpy().astype(np.float64), rows["unit_id"].to_numpy()
    everybody = {ALL: np.ones(rows.height, dtype=bool)}
    for segment, chosen in {**everybody, **segments_of(features, watch.segments, watch.minimum_contacts)}.items():
        of = Watched(name, "calibration", goal.goal_id, segment, goal.goal_id)
        if max(outcome[chosen].sum(), stated[chosen].sum()) < needed:
            if segment == ALL:
                yield not_known(of, f"{outcome.sum():,.0f} outcomes so far, fewer than {needed}")
            continue
        compared = outcomes_as_stated(outcome[chosen], stated[chosen], units[chosen])
        yield calibration_finding(of, compared, bounds(watch.calibration))


def _effects(night: WatchedNight, goal: Goal, rows: pl.DataFrame, model: UpliftModel | None) -> Iterator[Finding]:
    watch, needed = night.policy.watch, night.policy.limits.minimum_exposures
    learnt = rows.filter(
        pl.col("arm") != "holdout",
        (pl.col("arm") != "model") | (pl.col("action_probability") <= 1 - 1e-9),
        (pl.col("chosen_action_id") != NO_ACTION) | (pl.col("eligible_action_ids").list.len() > 0),
    )
    features = learnt.drop(CHOICE_COLUMNS)
    margins = model.margins(model.encoder.encode(features)) if model and learnt.height else None
    parts = segments_of(features, watch.segments, watch.minimum_contacts) if learnt.height else {}
    columns = {name: learnt[name].to_numpy() for name in ("unit_id", "chosen_action_id", "action_probability")}
    outcome = learnt["is_reached"].to_numpy().astype(np.float64)
    stated_means = _stated_means(night, goal)
    for action, mean in stated_means.items():
        can_get = learnt["eligible_action_ids"].list.contains(action).fill_null(False).to_numpy()
        is_treated = columns["chosen_action_id"] == action
        rows_of = (is_treated | (columns["chosen_action_id"] == NO_ACTION)) & can_get
        stated = np.full(learnt.height, mean)
        known = model.goal(goal.goal_id) if model else None
        effect = known.effect_of(action) if known else None
        if model and margins and effect and effect.arm:
            stated = model.predict(goal.goal_id, action, margins)[0]
        for segment, chosen in {ALL: np.ones(learnt.height, dtype=bool), **parts}.items():
            index = np.flatnonzero(rows_of & chosen)
            of = Watched(UPLIFT, "effect", f"{action} for {goal.goal_id}", segment, goal.goal_id, action)
            compared = None
            if is_treated[index].sum() >= needed:
                compared = effect_as_stated(
                    outcome[index], is_treated[index], columns["action_probability"][index], stated[index],
                    columns["unit_id"][index],
                )  # fmt: skip
            if compared:
                yield effect_finding(of, compared, bounds(watch.effect))
            elif segment == ALL:
                yield not_known(of, f"{is_treated[index].sum():,} randomised choices with a known result")


def _stated_means(night: WatchedNight, goal: Goal) -> dict[str, float]:
    """By action: the mean effect that is believed, model or not."""
    effects = night.warehouse.query(
        f"select action_id, mean from {EFFECTS} where goal_id = $goal_id order by 1", goal_id=goal.goal_id
    )
    return dict(effects.iter_rows())
