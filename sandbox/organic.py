"""What people do of their own accord: visits, forms, product use, replies, meetings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.block import Block
from sandbox.places import COUNTRIES
from sandbox.seasons import SECONDS, Window, poisson_events, working_time
from sandbox.seeds import Ints

UTC_OFFSETS = np.array([country.utc_offset for country in COUNTRIES])
PROJECT_FACTOR = 2.5
NEW_PROJECTS_PER_DAY = 0.0018
FORMS_PER_VISIT = 0.035
PRICING_PER_VISIT = 0.10
REPLY_AFTER_FORM = 0.06
MEETING_AFTER_FORM = 0.03


@dataclass(frozen=True)
class Events:
    """Events of people, ordered by time: [k] person, [k] at (epoch seconds), [k] kind (meaning depends)."""

    person: Ints
    at: Ints
    kind: Ints

    def on(self, day: int) -> "Events":
        """Those of a day."""
        first, after = np.searchsorted(self.at, (day * SECONDS, (day + 1) * SECONDS))
        return Events(self.person[first:after], self.at[first:after], self.kind[first:after])


@dataclass(frozen=True)
class Organic:
    """What people do by themselves in a window. Sessions of kind 1 see the pricing page."""

    sessions: Events
    forms: Events
    tracks: Events
    replies: Events
    meetings: Events


def organic_life(block: Block, rng: np.random.Generator, window: Window, scale: float) -> Organic:
    """What happens in a window without anyone's doing; `scale` multiplies web and product use."""
    _begin_projects(block, rng, window)
    sessions = _process(block, rng, window, block.column("visit_rate") * scale)
    sessions = Events(sessions.person, sessions.at, (rng.random(len(sessions.at)) < PRICING_PER_VISIT).astype(np.int64))
    uses = _process(block, rng, window, block.column("track_rate") * scale)
    fills = rng.random(len(sessions.at)) < FORMS_PER_VISIT / max(scale, 1.0)
    forms = Events(sessions.person[fills], sessions.at[fills] + 120, rng.integers(0, 4, int(fills.sum())))
    replies = _process(block, rng, window, block.column("reply_rate"))
    meetings = _process(block, rng, window, block.column("meeting_rate"))
    return Organic(
        sessions=sessions,
        forms=forms,
        tracks=Events(uses.person, uses.at, rng.integers(0, 5, len(uses.at))),
        replies=_joined(replies, _after_forms(block, rng, forms, REPLY_AFTER_FORM)),
        meetings=_joined(meetings, _after_forms(block, rng, forms, MEETING_AFTER_FORM)),
    )


def _begin_projects(block: Block, rng: np.random.Generator, window: Window) -> None:
    """Companies start to look for a solution. The history's projects are drawn with the accounts."""
    if window.after_last - window.first_day > 1:
        return
    state = block.account_state
    begins = (rng.random(len(block.accounts)) < NEW_PROJECTS_PER_DAY) & (state.project_until < window.first_day)
    state.project_start[begins] = window.first_day
    state.project_until[begins] = window.first_day + rng.integers(20, 60, int(begins.sum()))


def _process(block: Block, rng: np.random.Generator, window: Window, rates: NDArray[np.float64]) -> Events:
    """Events at people's own rates (per day), and more of them while the company has a project."""
    account = block.column("account")
    first = np.maximum(window.first_day, block.column("created_at") // SECONDS + 1)
    after = np.full(len(rates), window.after_last)
    start = np.maximum(first, block.account_state.project_start[account])
    until = np.minimum(after, block.account_state.project_until[account])
    own = _timed(block, rng, *poisson_events(rng, rates, first, after))
    return _joined(own, _timed(block, rng, *poisson_events(rng, rates * PROJECT_FACTOR, start, until)))


def _after_forms(block: Block, rng: np.random.Generator, forms: Events, chance: float) -> Events:
    """What a form leads to, one to six days later."""
    follows = rng.random(len(forms.at)) < chance
    days = forms.at[follows] // SECONDS + rng.integers(1, 7, int(follows.sum()))
    return _timed(block, rng, forms.person[follows], days)


def _timed(block: Block, rng: np.random.Generator, person: Ints, day: Ints) -> Events:
    at = working_time(rng, day, UTC_OFFSETS[block.column("country")[person]])
    return Events(person, at, np.zeros(len(at), dtype=np.int64))


def _joined(some: Events, others: Events) -> Events:
    at = np.concatenate([some.at, others.at])
    order = np.argsort(at, kind="stable")
    person, kind = np.concatenate([some.person, others.person]), np.concatenate([some.kind, others.kind])
    return Events(person[order], at[order], kind[order])
