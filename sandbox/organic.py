"""What people do of their own accord: visits, forms, product use, replies, meetings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.block import Block
from sandbox.places import COUNTRIES
from sandbox.seasons import SECONDS, poisson_events, working_time
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


def organic_life(block: Block, rng: np.random.Generator, first_day: int, after_last: int, scale: float) -> Organic:
    """What happens without anyone's doing from `first_day` until before `after_last`; `scale` multiplies web and product use."""
    _begin_projects(block, rng, first_day, after_last)
    offsets = _offsets(block)
    sessions = _process(block, rng, first_day, after_last, "visit_rate", scale)
    sessions = Events(sessions.person, sessions.at, (rng.random(len(sessions.at)) < PRICING_PER_VISIT).astype(np.int64))
    tracks = _process(block, rng, first_day, after_last, "track_rate", scale)
    tracks = Events(tracks.person, tracks.at, _any(rng, len(tracks.at), 5))
    fills = rng.random(len(sessions.at)) < FORMS_PER_VISIT / max(scale, 1.0)
    forms = Events(sessions.person[fills], sessions.at[fills] + 120, _any(rng, int(fills.sum()), 4))
    return Organic(
        sessions,
        forms,
        tracks,
        _with_followers(
            block, rng, _process(block, rng, first_day, after_last, "reply_rate", 1.0), forms, REPLY_AFTER_FORM, offsets
        ),
        _with_followers(
            block,
            rng,
            _process(block, rng, first_day, after_last, "meeting_rate", 1.0),
            forms,
            MEETING_AFTER_FORM,
            offsets,
        ),
    )


def _begin_projects(block: Block, rng: np.random.Generator, first_day: int, after_last: int) -> None:
    """Companies start to look for a solution. The history's projects are drawn with the accounts."""
    if after_last - first_day > 1:
        return
    state = block.account_state
    begins = (rng.random(len(block.accounts)) < NEW_PROJECTS_PER_DAY) & (state.project_until < first_day)
    state.project_start[begins] = first_day
    state.project_until[begins] = first_day + rng.integers(20, 60, int(begins.sum()))


def _process(
    block: Block, rng: np.random.Generator, first_day: int, after_last: int, rate: str, scale: float
) -> Events:
    """A person's own events, and more of them while the company has a project."""
    rates = block.column(rate) * scale
    account = block.column("account")
    born = block.column("created_at") // SECONDS + 1
    first, after = np.maximum(first_day, born), np.full(len(rates), after_last)
    start = np.maximum(first, block.account_state.project_start[account])
    until = np.minimum(after, block.account_state.project_until[account])
    parts = [poisson_events(rng, rates, first, after)]
    if rate != "track_rate":
        parts.append(poisson_events(rng, rates * PROJECT_FACTOR, start, until))
    person = np.concatenate([part[0] for part in parts])
    day = np.concatenate([part[1] for part in parts])
    at = working_time(rng, day, _offsets(block)[person])
    order = np.argsort(at, kind="stable")
    return Events(person[order], at[order], np.zeros(len(order), dtype=np.int64))


def _with_followers(
    block: Block, rng: np.random.Generator, own: Events, forms: Events, chance: float, offsets: Ints
) -> Events:
    """The events and those that a form leads to, one to six days later."""
    follows = rng.random(len(forms.at)) < chance
    person = forms.person[follows]
    days = forms.at[follows] // SECONDS + rng.integers(1, 7, len(person))
    at = np.concatenate([own.at, working_time(rng, days, offsets[person])])
    order = np.argsort(at, kind="stable")
    return Events(np.concatenate([own.person, person])[order], at[order], np.zeros(len(order), dtype=np.int64))


def _offsets(block: Block) -> Ints:
    return UTC_OFFSETS[block.column("country")]


def _any(rng: np.random.Generator, size: int, kinds: int) -> NDArray[np.int64]:
    return rng.integers(0, kinds, size)
