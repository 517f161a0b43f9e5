"""At which hours of the week people respond to messages: everyone, people alike in one trait, and each contact.

A contact's rate of responses to a message in a cell of its local week, as a multiple of its usual rate:

    (activity of everyone · of its segment · its own) ** elasticity · responses of everyone · of its segment · its own

Activity is how much people do in the hours after that cell; each factor is relative to the one before it and shrunk to
1 (`hour_profiles.py`), so a contact of whom little is known is its segment, and that is everyone. The elasticity says
how far activity foretells responses; it stands at `USUAL_ELASTICITY` until responses tell. Beside it stands the view
that activity foretells nothing, with responses alone; how likely each view is follows from the responses, too. Hours
were not chosen by lot alone: messages are compared among those for whom the same hour was preferred, within which the
hour is random.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.special import expit, logit, logsumexp

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

ELASTICITIES = (0.25, 0.5, 0.75, 1.0)
ACTIVITY_TELLS = 2 / 3  # believed probability that activity foretells responses at all
USUAL_ELASTICITY, ELASTICITY_DEVIATION = 0.5, 0.25
SEGMENT_STRENGTH = 500.0  # activities that a segment's own hours are worth that come from everyone
STRENGTH_CONTACTS = 5_000  # contacts on whom the strengths are tried

HOURS_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "segment": pl.String, "cell": pl.Int64, "count_activities": pl.Int64, "count_messages": pl.Int64,
    "count_responses": pl.Int64, "activity_share": pl.Float64, "activity": pl.Float64, "response": pl.Float64,
    "response_alone": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class SendHours:
    """What is known of hours.

    Attributes:
        by_segment: one row per segment and cell (`HOURS_SCHEMA`), with everyone as segment `EVERYONE`; activity_share
            is the cell's part of all activity; activity and response are relative (1: as in other hours), everyone's
            included; response_alone is what responses would be had activity no bearing on them.
        elasticity: of responses to activity, 0 to 1, if activity foretells them.
        activity_tells: probability that it does.
        activity_strength, response_strength: how much evidence of its own moves a contact.
        response_rate: usual rate of responses to a message.
    """

    by_segment: pl.DataFrame
    elasticity: float
    activity_tells: float
    activity_strength: float
    response_strength: float
    response_rate: float


def fit_send_hours(evidence: HourEvidence, least_people: int = 1) -> SendHours:
    """Learn from what people did and how they responded; segments of fewer than `least_people` count as everyone."""
    rows = EvidenceRows.of(replace(evidence, contacts=_large_segments(evidence.contacts, least_people)))
    activity, share, activity_strength, profiles = _learn_activity(rows)
    elasticity, tells, rate = _learn_elasticity(rows, profiles)
    response, response_strength = _learn_responses(rows, _expect(rows, profiles, rate, elasticity))
    alone, _ = _learn_responses(rows, _expect(rows, profiles, rate, 0.0))
    names = [EVERYONE, *rows.segments]
    counts = {
        "count_activities": np.vstack([rows.activity.sum(axis=(0, 1)), rows.of_contacts(rows.activity.sum(axis=0))]),
        "count_messages": rows.per_segment(np.ones(len(rows.contact))),
        "count_responses": rows.per_segment(rows.responded),
        "activity_share": share,
        "activity": activity,
        "response": response,
        "response_alone": alone,
    }
    by_segment = pl.DataFrame(
        {
            "segment": np.repeat(names, CELLS),
            "cell": np.tile(np.arange(CELLS), len(names)),
            **{name: values.ravel() for name, values in counts.items()},
        }
    ).select(pl.col(name).cast(kind) for name, kind in HOURS_SCHEMA.items())
    return SendHours(by_segment, elasticity, tells, activity_strength, response_strength, rate)


def response_column(elasticity: float) -> str:
    """The column of `HOURS_SCHEMA` that has responses as they are if activity counts as much as that."""
    return "response" if elasticity else "response_alone"


def _large_segments(contacts: pl.DataFrame, least_people: int) -> pl.DataFrame:
    return contacts.with_columns(pl.when(pl.len().over("segment") >= least_people).then("segment").alias("segment"))


def response_rates(known: SendHours, evidence: HourEvidence, elasticity: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates of response of each contact in each cell, relative to its usual rate, and the contact's own part in them.

    Args:
        known: what is known of hours.
        evidence: of the contacts.
        elasticity: that of `known`, or 0 if activity foretells nothing.

    Returns:
        float64 [contacts, CELLS] twice, in the order of `evidence.contacts`.
    """
    rows = EvidenceRows.of(evidence)
    place = {name: number for number, name in enumerate(known.by_segment["segment"].unique(maintain_order=True))}
    index = np.array([place.get(name, 0) for name in evidence.contacts["segment"].fill_null(EVERYONE)], dtype=np.int64)
    table = {
        name: known.by_segment[name].to_numpy().reshape(len(place), CELLS)[index]
        for name in ("activity_share", "activity", response_column(elasticity))
    }
    done = rows.activity.sum(axis=0)
    expected = done.sum(axis=1, keepdims=True) * table["activity_share"]
    own = factors(done, expected, attention_kernel(), known.activity_strength) ** elasticity
    usual = table["activity"] ** elasticity * table[response_column(elasticity)]
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


def _learn_elasticity(rows: EvidenceRows, profiles: np.ndarray) -> tuple[float, float, float]:
    """How far activity foretells responses; the probability that it does at all; the usual rate of responses."""
    responded, sent = rows.weight * rows.responded, float(rows.weight.sum())
    rate = (float(responded.sum()) + 1.0) / (sent + 25.0)

    def likelihood(elasticity: float) -> float:
        awaited = _expect(rows, profiles, rate, elasticity)
        return float(responded @ np.log(np.maximum(awaited, 1e-12) / np.maximum(rows.weight, 1e-12)) - awaited.sum())

    believed = [-0.5 * ((each - USUAL_ELASTICITY) / ELASTICITY_DEVIATION) ** 2 for each in ELASTICITIES]
    told = np.array([likelihood(each) for each in ELASTICITIES])
    best = ELASTICITIES[int(np.argmax(told + believed))]
    some = logsumexp(told + believed) - logsumexp(believed)
    return best, float(expit(logit(ACTIVITY_TELLS) + some - likelihood(0.0))), rate


def _expect(rows: EvidenceRows, profiles: np.ndarray, rate: float, elasticity: float) -> np.ndarray:
    """Responses expected of each message. Strata differ in how much they respond; a small one is as all. [messages]."""
    responded, count = rows.weight * rows.responded, HOURS + 1
    usual = rate * rows.weight * profiles[rows.half, rows.contact, rows.cell] ** elasticity
    reached = np.bincount(rows.stratum, weights=responded, minlength=count)
    awaited = np.bincount(rows.stratum, weights=usual, minlength=count)
    return usual * ((reached + 10.0) / (awaited + 10.0))[rows.stratum]


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
