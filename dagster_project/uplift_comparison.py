"""Two uplift models on the same logged decisions: what each stated, and what came beyond no action."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.promotion import Paired
from models.segments import Unseen, segments_of
from models.uplift import UpliftModel
from models.uplift_training import HeldOutEffects, TrainedGoal
from policy.schema import Goal


def unseen_effects(trained: TrainedGoal, frame: pl.DataFrame, watched: tuple[str, ...]) -> Unseen:
    """Stated effect and outcome beyond no action of the treated rows, from trees that didn't see them."""
    held_out = _held_out(trained)
    rows = frame[held_out.index]
    loss = (held_out.surprise - held_out.effect) ** 2
    people, segments = rows["contact_id"].to_numpy(), segments_of(rows, watched)
    return Unseen(held_out.effect, held_out.surprise, loss, held_out.weight, people, segments)


@dataclass(frozen=True)
class NewerRows:
    """The held-out rows of a goal after a date: positions in the held-out arrays, and the rows themselves."""

    places: np.ndarray
    frame: pl.DataFrame


def newer_than(frame: pl.DataFrame, trained: TrainedGoal, seen_until: date) -> NewerRows:
    """The treated rows that the challenger was measured on and whose date is after `seen_until`."""
    index = _held_out(trained).index
    places = np.flatnonzero(frame["as_of_date"].to_numpy()[index] > np.datetime64(seen_until))
    return NewerRows(places, frame[index[places]])


def paired_effects(
    trained: TrainedGoal, champion: UpliftModel, newer: NewerRows, goal: Goal, watched: tuple[str, ...]
) -> Paired:
    """Challenger and champion on rows that neither has learnt from, in money, so that goals can be put together.

    The squared distance to the outcome beyond no action differs from that to the true effect by what is the same for
    both models (the R-loss's idea, Nie and Wager 2021), so the lower one is nearer to the truth.
    """
    held_out, worth = _held_out(trained), goal.weight * goal.value_cents
    surprise = worth * held_out.surprise[newer.places]
    stated = worth * held_out.effect[newer.places]
    before = worth * _stated_before(trained, champion, newer.frame, goal.goal_id, held_out.response[newer.places])
    return Paired(
        challenger_loss=(surprise - stated) ** 2,
        champion_loss=(surprise - before) ** 2,
        challenger_stated=stated,
        champion_stated=before,
        observed=surprise,
        weight=held_out.weight[newer.places],
        units=newer.frame["unit_id"].to_numpy(),
        segments=segments_of(newer.frame, watched),
        loss_name="squared error of effects in cents",
    )


def _held_out(trained: TrainedGoal) -> HeldOutEffects:
    if trained.held_out is None:
        raise ValueError("only a goal with a model has held-out effects")
    return trained.held_out


def _stated_before(
    trained: TrainedGoal, champion: UpliftModel, rows: pl.DataFrame, goal_id: str, response: np.ndarray
) -> np.ndarray:
    """The champion's effect of the action taken, [n]; the challenger's prior where it has no model of it."""
    stated = np.zeros(rows.height)
    if rows.is_empty():
        return stated
    margins = champion.margins(champion.encoder.encode(rows))
    actions = rows["chosen_action_id"].to_numpy()
    known = champion.goal(goal_id)
    for effect in trained.effects.effects:
        index = np.flatnonzero(actions == effect.action_id)
        before = known.effect_of(effect.action_id) if known else None
        if before is not None and before.arm:
            stated[index] = champion.predict(goal_id, effect.action_id, margins, index, response[index])[0]
        else:
            stated[index] = effect.prior_uplift
    return stated
