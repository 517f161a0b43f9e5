"""What the cards of the models tell in words, from the models themselves."""

from collections.abc import Sequence

import polars as pl

from dagster_project.learner import Story
from models.action_drivers import drivers_in_words
from models.propensity import PropensityModel
from models.segments import SegmentQuality
from models.uplift import UpliftModel
from policy.schema import Goal, Policy

MOST_EFFECTS = 5


def propensity_story(goal: Goal, model: PropensityModel) -> Story:
    """Of the propensity model of a goal."""
    metrics = model.metrics
    return Story(
        predicts=f"The probability that a contact reaches the goal {goal.name!r} ({goal.outcome}) within "
        f"{goal.horizon_days} days, with nothing assumed of what is done meanwhile.",
        learnt_from=f"Contacts as they were on earlier dates, and whether they reached the goal within "
        f"{goal.horizon_days} days of each; of many alike a part, each standing for several.",
        quality=(
            f"On {metrics.count_rows:,} rows with {metrics.count_outcomes:,} outcomes of accounts that the measured "
            f"models didn't see: AUC {metrics.auc:.3f}, log loss {metrics.log_loss:.4f} (one rate for all: "
            f"{metrics.base_log_loss:.4f}).",
            f"Stated and observed rates lie {metrics.calibration_error:.4f} apart on average, at a base rate of "
            f"{metrics.base_rate:.4f}; calibration.png shows it.",
        ),
        not_for=(
            "Saying what an action would change: that is the uplift model's.",
            "Contacts of kinds that didn't occur among those learnt from; `watch` tells when features move away.",
            "Decisions on persons with legal or similarly significant effect.",
        ),
    )


def uplift_story(model: UpliftModel) -> Story:
    """Of the uplift model of all goals and actions."""
    effects = [effect for goal in model.goals for effect in goal.effects]
    modelled = [effect for effect in effects if effect.evidence == "model"]
    others = sorted({f"{effect.action_id} for {effect.goal_id} ({effect.reason})" for effect in effects
                     if effect.evidence != "model"})  # fmt: skip
    quality = [
        f"{effect.action_id} changes {effect.goal_id} by {100 * effect.mean:+.2f} ± {100 * effect.mean_error:.2f} "
        f"points on average, from {effect.count_exposures:,} uses with {effect.count_outcomes:,} outcomes"
        + (f"; Qini {effect.qini:.3f}" if effect.qini is not None else "")
        + ("; it harms" if effect.mean + 2 * effect.mean_error < 0 else "")
        for effect in modelled
    ]
    return Story(
        predicts="By how much each action changes the probability that a contact reaches each goal, against doing "
        "nothing; with a standard error.",
        learnt_from="Logged decisions and what came of them, each weighted by the probability with which it was taken; "
        "of many alike a part, each standing for several.",
        quality=tuple(quality) or ("No action has evidence enough for a model.",),
        not_for=(
            "Contacts who couldn't get the action when it was logged: effects are those among people who could.",
            *((f"Without evidence enough, decided by priors: {', '.join(others)}.",) if others else ()),
            "Decisions on persons with legal or similarly significant effect.",
        ),
    )


def driver_lines(model: UpliftModel, features: pl.DataFrame, policy: Policy) -> tuple[str, ...]:
    """What drives the surest effects, one line each; all of them are in `decisioning.action_drivers` each night.

    Args:
        features: contacts as the model reads them; some hundreds suffice.
    """
    effects = [effect for goal in model.goals for effect in goal.effects if effect.evidence == "model"]
    surest = sorted(effects, key=lambda each: (-abs(each.mean) / max(each.mean_error, 1e-12), each.action_id))
    words, least = policy.tables()["policy_feature_words"], policy.limits.minimum_group_size
    told = [
        (f"{effect.action_id} for {effect.goal_id}", drivers_in_words(model, effect, features, words, least))
        for effect in surest[:MOST_EFFECTS]
    ]
    return tuple(f"{name}: {'; '.join(drivers)}" for name, drivers in told if drivers)


def segment_metrics(segments: Sequence[SegmentQuality]) -> dict[str, float]:
    """Metrics by segment as MLflow names them: `loss/industry/Retail`, with what its names don't allow as `_`."""
    return {
        f"{name}/{_plain(each.attribute)}/{_plain(each.level)}": value
        for each in segments
        for name, value in (("stated", each.stated), ("observed", each.observed), ("loss", each.loss))
    }


def _plain(text: str) -> str:
    return "".join(each if each.isascii() and (each.isalnum() or each in " ._-") else "_" for each in text)
