"""Which features of logged choices know what came after the choice."""

import numpy as np
import polars as pl

from dagster_project.learner import Rows
from models.boosting import Rows as Labelled
from models.choices import NO_ACTION
from models.encoding import FeatureEncoder
from models.identifying import find_identifiers
from models.leaks import MOST_ROWS, LeftOut, find_leaks
from models.post_treatment import find_post_treatment


def find_choice_leaks(rows: Rows, encoder: FeatureEncoder, seed: int) -> tuple[LeftOut, ...]:
    """Features that name a person, tell the outcome of a goal, or who got what an experiment assigned; each once, by
    name.

    Nightjar's own decisions aren't looked at for the second: whether an action is approved and delivered may depend on
    features, and features of those nights were noted before anything was decided.

    Args:
        rows: frames of `read_choices`, by goal.
    """
    largest = max(rows.values(), key=lambda each: each.height)
    found = {each.feature: each for each in find_identifiers(largest, encoder)}
    for frame in rows.values():
        matured = _thinned(frame.filter(pl.col("outcome_kind") == "matured"))
        outcome, weight = (matured[name].to_numpy().astype(np.float64) for name in ("is_reached", "sample_weight"))
        labelled = Labelled(encoder.encode(matured), outcome, weight)
        for each in find_leaks(encoder, labelled, matured["unit_id"].to_numpy(), seed):
            found.setdefault(each.feature, each)
    assigned = max(
        (frame.filter(pl.col("arm") == "experiment") for frame in rows.values()), key=lambda each: each.height
    )
    for each in _post_treatment(_thinned(assigned), encoder):
        found.setdefault(each.feature, each)
    return tuple(found[name] for name in sorted(found))


def _post_treatment(assigned: pl.DataFrame, encoder: FeatureEncoder) -> list[LeftOut]:
    features, action = encoder.encode(assigned), assigned["chosen_action_id"].to_numpy()
    weight = (assigned["sample_weight"] / assigned["action_probability"]).to_numpy()
    units = assigned["unit_id"].to_numpy()
    found: list[LeftOut] = []
    for each in np.unique(action[action != NO_ACTION]):
        able = assigned["eligible_action_ids"].list.contains(str(each)).fill_null(False).to_numpy()
        at = np.flatnonzero((action == each) | ((action == NO_ACTION) & able))
        found += find_post_treatment(encoder, features[at], action[at] == each, weight[at], units[at])
    return found


def _thinned(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.gather_every(max(1, -(-frame.height // MOST_ROWS)))
