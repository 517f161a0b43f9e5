"""The truth about actions: what each one does to each person.

A person's score for an action is a sum of traits that the exports show (title, industry, product use) and hidden
ones (persona, chance). A positive score adds chances: the probability of a reply and of a meeting rises. A negative
one takes away: for two weeks the person's own replies and meetings are thinned. Both are exact, so that the truth is
known.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Action:
    """An action and the size of its effect.

    Attributes:
        action_id: as in the policy.
        channel: email, call or ads.
        reply, meeting: probability added at a score of 1.
        tiredness: what it adds to a person's fatigue.
    """

    action_id: str
    channel: str
    reply: float
    meeting: float
    tiredness: float


ACTIONS = (
    Action("email_case_study", "email", 0.035, 0.008, 1.0),
    Action("email_product_tips", "email", 0.033, 0.007, 1.0),
    Action("email_webinar_invite", "email", 0.030, 0.009, 1.0),
    Action("call_discovery", "call", 0.042, 0.034, 1.5),
    Action("call_follow_up", "call", 0.055, 0.034, 1.5),
    Action("ads_nurture", "ads", 0.006, 0.002, 0.2),
    Action("executive_touch", "call", 0.055, 0.050, 1.0),
)
ACTION_IDS = tuple(action.action_id for action in ACTIONS)
ACTION_NUMBER = {action.action_id: number for number, action in enumerate(ACTIONS)}
REPLY_SCALE = np.array([action.reply for action in ACTIONS])
MEETING_SCALE = np.array([action.meeting for action in ACTIONS])
TIREDNESS = np.array([action.tiredness for action in ACTIONS])
CHANNELS = np.array([action.channel for action in ACTIONS])

MEETING_AFTER_REPLY = 0.25
SUBDUED_DAYS = 14
FOLLOW_UP = ACTION_NUMBER["call_follow_up"]
ADS = ACTION_NUMBER["ads_nurture"]

PERSONAS = ("persuadable", "sure_thing", "lost_cause", "sleeping_dog")
_RESPONSIVENESS = np.array([1.15, 0.25, 0.10, 0.6])
_DISLIKE = np.array([0.0, 0.0, 0.05, 1.5])


def draw_personas(rng: np.random.Generator, people: pl.DataFrame) -> NDArray[np.int64]:
    """[n] index into PERSONAS; which one depends on what can be seen of the person."""
    interest = people["interest"].to_numpy()
    is_buyer = people["function"].is_in(["procurement", "hr"]).to_numpy()
    weights = np.stack(
        [
            np.full(len(people), 0.58),
            0.13 * np.exp(0.7 * interest),
            0.20 * np.exp(-0.7 * interest),
            0.05 + 0.22 * is_buyer + 0.05 * (people["level"] == "individual").to_numpy(),
        ],
        axis=1,
    )
    ends = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    return (rng.random((len(people), 1)) > ends[:, :-1]).sum(axis=1)


def fixed_scores(rng: np.random.Generator, people: pl.DataFrame, persona: NDArray[np.int64]) -> Floats:
    """[n, actions] the part of the scores that doesn't change with time."""

    def among(column: str, *values: str) -> Floats:
        return people[column].is_in(values).to_numpy().astype(np.float32)

    interest = np.clip(people["interest"].to_numpy(), -2, 2)
    users = people["is_product_user"].to_numpy().astype(np.float32)
    heads = among("level", "c_level", "vp")
    large = (people["employees"].to_numpy() > 200).astype(np.float32)
    technical = among("function", "it")
    scores = np.stack(
        [
            0.1 + 1.1 * among("function", "finance", "operations", "procurement") - 0.6 * technical
            + 0.8 * among("industry", "Manufacturing", "Hospital & Health Care", "Financial Services"),
            -0.1 + 1.1 * users + 0.8 * technical - 0.5 * heads,
            0.1 + 1.2 * among("function", "marketing", "hr", "sales") + 0.4 * among("level", "manager") - 0.7 * heads,
            -0.1 + 0.9 * among("level", "director", "vp") + 0.5 * large - 0.9 * technical + 0.4 * interest,
            -0.5 + 0.3 * interest,
            0.3 + 0.3 * among("industry", "Retail", "Computer Software") - 0.1 * users,
            -0.5 + 1.5 * heads + 0.4 * (people["employees"].to_numpy() > 1000),
        ],
        axis=1,
    )  # fmt: skip
    noise = rng.normal(0, 0.25, scores.shape)
    scores = (scores + noise) * _RESPONSIVENESS[persona][:, None]
    return (scores - _DISLIKE[persona][:, None] * np.where(CHANNELS == "ads", 0.2, 1.0)).astype(np.float32)


def scores_today(fixed: Floats, warmth: Floats) -> Floats:
    """[n, actions] scores of people: a follow-up call needs somebody who has shown interest lately."""
    scores = fixed.copy()
    scores[:, FOLLOW_UP] += 1.4 * np.minimum(warmth, 1.5) * (fixed[:, FOLLOW_UP] > -1.2)
    scores[:, ADS] -= 0.2 * np.minimum(warmth, 1.0)
    return scores


def with_scores_swapped(people: pl.DataFrame) -> pl.DataFrame:
    """People for whom each action does what the next one of its channel did."""
    swapped = []
    for channel in dict.fromkeys(CHANNELS):
        own = [action.action_id for action in ACTIONS if action.channel == channel]
        swapped += [
            pl.col(f"score_{other}").alias(f"score_{mine}") for mine, other in zip(own, own[1:] + own[:1], strict=True)
        ]
    return people.with_columns(swapped)


def wear(fatigue: Floats) -> Floats:
    """[n] what remains of an effect for people who were touched often lately (fatigue: touches, half-life 10 days)."""
    return np.exp(-0.4 * np.maximum(fatigue - 1.0, 0.0))


def subdued_factor(score: Floats) -> Floats:
    """What remains of a person's own replies and meetings after an action with this score; 1 unless negative."""
    return 1.0 + np.clip(score, -0.9, 0.0)


def unsubscribe_probability(score: Floats, fatigue: Floats) -> Floats:
    """Probability that an e-mail makes the person unsubscribe."""
    return np.minimum(0.0012 * np.exp(0.7 * fatigue) * np.where(score < -0.5, 6.0, 1.0), 0.15)
