"""At which hours of the week people respond to messages: everyone, people alike in one trait, and each contact.

A contact's rate of responses to a message in a cell of its local week, as a multiple of its usual rate:

    (activity of everyone · of its segment · its own) ** elasticity · responses of everyone · of its segment · its own

Activity is how much people do in the hours after that cell; each factor is relative to the one before it and shrunk to
1 (`hour_profiles.py`), so a contact of whom little is known is its segment, and that is everyone. The elasticity says
how far activity foretells responses; it stands at `USUAL_ELASTICITY` until responses tell. Hours were not chosen by lot
alone: messages are compared among those for whom the same hour was preferred, within which the hour is random.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.hour_evidence import EVERYONE, EvidenceRows, HourEvidence
from models.hour_profiles import (
    CELLS,
    HOURS,
    Halves,
    attention_kernel,
    best_strength,
    factors,
    neighbour_kernel,
)

ELASTICITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
USUAL_ELASTICITY, ELASTICITY_DEVIATION = 0.5, 0.25
SEGMENT_STRENGTH = 500.0  # activities that a segment's own hours are worth that come from everyone
STRENGTH_CONTACTS = 5_000  # contacts on whom the strengths are tried

HOURS_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "segment": pl.String, "cell": pl.Int64, "count_activities": pl.Int64, "count_messages": pl.Int64,
    "count_responses": pl.Int64, "activity_share": pl.Float64, "activity": pl.Float64, "response": pl.Float64,
    "activity_of_everyone": pl.Float64, "response_of_everyone": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class SendHours:
    """What is known of hours.

    Attributes:
        by_segment: one row per segment and cell (`HOURS_SCHEMA`), with everyone as segment `EVERYONE`; activity_share
            is the cell's part of all activity; activity and response are relative (1: as in other hours), everyone's
            included.
        elasticity: of responses to activity, 0 to 1.
        activity_strength, response_strength: how much evidence of its own moves a contact.
        response_rate: usual rate of responses to a message.
    """

    by_segment: pl.DataFrame
    elasticity: float
    activity_strength: float
    response_strength: float
    response_rate: float


def fit_send_hours(evidence: HourEvidence, least_people: int = 1) -> SendHours:
    """Learn from what people did and how they responded; segments of fewer than `least_people` count as everyone."""
    rows = EvidenceRows.of(replace(evidence, contacts=_large_segments(evidence.contacts, least_people)))
    activity, share, activity_strength, profiles = _learn_activity(rows)
    elasticity, expected, rate = _learn_elasticity(rows, profiles)
    response, response_strength = _learn_responses(rows, expected)
    names = [EVERYONE, *rows.segments]
    counts = {
        "count_activities": np.vstack([rows.activity.sum(axis=(0, 1)), rows.of_contacts(rows.activity.sum(axis=0))]),
        "count_messages": rows.per_segment(np.ones(len(rows.contact))),
        "count_responses": rows.per_segment(rows.responded),
        "activity_share": share,
        "activity": activity,
        "response": response,
        "activity_of_everyone": np.broadcast_to(activity[:1], activity.shape),
        "response_of_everyone": np.broadcast_to(response[:1], response.shape),
    }
    by_segment = pl.DataFrame(
        {
            "segment": np.repeat(names, CELLS),
            "cell": np.tile(np.arange(CELLS), len(names)),
            **{name: values.ravel() for name, values in counts.items()},
        }
    ).select(pl.col(name).cast(kind) for name, kind in HOURS_SCHEMA.items())
    return SendHours(by_segment, elasticity, activity_strength, response_strength, rate)


def _large_segments(contacts: pl.DataFrame, least_people: int) -> pl.DataFrame:
    return contacts.with_columns(pl.when(pl.len().over("segment") >= least_people).then("segment").alias("segment"))


def response_rates(known: SendHours, evidence: HourEvidence) -> tuple[np.ndarray, np.ndarray]:
    """Rates of response of each contact in each cell, relative to its usual rate, and the contact's own part in them.

    Returns:
        float64 [contacts, CELLS] twice, in the order of `evidence.contacts`.
    """
    rows = EvidenceRows.of(evidence)
    place = {name: number for number, name in enumerate(known.by_segment["segment"].unique(maintain_order=True))}
    index = np.array([place.get(name, 0) for name in evidence.contacts["segment"].fill_null(EVERYONE)], dtype=np.int64)
    table = {
        name: known.by_segment[name].to_numpy().reshape(len(place), CELLS)[index]
        for name in ("activity_share", "activity", "response")
    }
    done = rows.activity.sum(axis=0)
    expected = done.sum(axis=1, keepdims=True) * table["activity_share"]
    own = factors(done, expected, attention_kernel(), known.activity_strength) ** known.elasticity
    usual = table["activity"] ** known.elasticity * table["response"]
    sent = known.response_rate * rows.weight * (usual * own)[rows.contact, rows.cell]
    responses, awaited = rows.per_contact(rows.weight * rows.responded), rows.per_contact(sent)
    own = own * factors(responses, awaited, neighbour_kernel(), known.response_strength)
    return usual * own, own


def _learn_activity(rows: EvidenceRows) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """Activity and its shares of everyone and each segment, [1 + segments, CELLS]; how contacts differ; their profiles.

    The profiles are [2, contacts, CELLS]: for messages of a half, from what the contact did in the other, since a
    response is followed by activity.
    """
    kernel = attention_kernel()
    everyone = rows.activity.sum(axis=1, keepdims=True)
    flat = Halves(everyone, np.broadcast_to(everyone.sum(axis=2, keepdims=True) / CELLS, everyone.shape))
    overall = factors(*flat.whole, kernel, best_strength(flat, kernel))
    counted = flat.events.sum(axis=0)
    share = (counted + 1.0) / (counted.sum() + CELLS)

    by_segment = np.stack([rows.of_contacts(half) for half in rows.activity])
    grouped = Halves(by_segment, by_segment.sum(axis=2, keepdims=True) * share)
    own = factors(*grouped.whole, kernel, best_strength(grouped, kernel))
    sums = by_segment.sum(axis=0)
    shares = (sums + SEGMENT_STRENGTH * share) / (sums.sum(axis=1, keepdims=True) + SEGMENT_STRENGTH)
    activity, shares = np.vstack([overall, overall * own]), np.vstack([share, shares])

    expected = rows.activity.sum(axis=2, keepdims=True) * shares[rows.segment]
    tried = slice(None, STRENGTH_CONTACTS)
    strength = best_strength(Halves(rows.activity[:, tried], expected[:, tried]), kernel)
    contacts = np.stack([factors(rows.activity[half], expected[half], kernel, strength) for half in (1, 0)])
    return activity, shares, strength, contacts * activity[rows.segment]


def _learn_elasticity(rows: EvidenceRows, profiles: np.ndarray) -> tuple[float, np.ndarray, float]:
    """How far activity foretells responses; the responses expected of each message [messages]; the usual rate."""
    profile = profiles[rows.half, rows.contact, rows.cell]
    responded, sent = rows.weight * rows.responded, float(rows.weight.sum())
    rate = (float(responded.sum()) + 1.0) / (sent + 25.0)
    count = HOURS + 1
    reached = np.bincount(rows.stratum, weights=responded, minlength=count)

    def expect(elasticity: float) -> np.ndarray:
        """Strata differ in how much they respond; a small one is shrunk to the usual rate."""
        usual = rate * rows.weight * profile**elasticity
        awaited = np.bincount(rows.stratum, weights=usual, minlength=count)
        return usual * ((reached + 10.0) / (awaited + 10.0))[rows.stratum]

    def likelihood(elasticity: float) -> float:
        awaited = expect(elasticity)
        told = float(responded @ np.log(np.maximum(awaited, 1e-12) / np.maximum(rows.weight, 1e-12)) - awaited.sum())
        return told - 0.5 * ((elasticity - USUAL_ELASTICITY) / ELASTICITY_DEVIATION) ** 2

    best = max(ELASTICITIES, key=likelihood)
    return best, expect(best), rate


def _learn_responses(rows: EvidenceRows, expected: np.ndarray) -> tuple[np.ndarray, float]:
    """Relative responses of everyone and each segment [1 + segments, CELLS]; how much contacts differ beyond."""
    kernel, responded = neighbour_kernel(), rows.weight * rows.responded
    group, count = rows.segment[rows.contact] - 1, len(rows.segments)
    zeros = np.zeros(len(rows.contact), dtype=np.int64)
    flat = Halves(rows.halves(responded, zeros, 1), rows.halves(expected, zeros, 1))
    overall = factors(*flat.whole, kernel, best_strength(flat, kernel))

    expected = expected * overall[0][rows.cell]
    grouped = Halves(rows.halves(responded, group, count), rows.halves(expected, group, count))
    own = factors(*grouped.whole, kernel, best_strength(grouped, kernel))
    response = np.vstack([overall, overall * own])

    expected = expected * np.vstack([np.ones((1, CELLS)), own])[group + 1, rows.cell]
    tried = np.where(rows.contact < STRENGTH_CONTACTS, rows.contact, -1)
    most = min(len(rows.segment), STRENGTH_CONTACTS)
    single = Halves(rows.halves(responded, tried, most), rows.halves(expected, tried, most))
    return response, best_strength(single, kernel)
