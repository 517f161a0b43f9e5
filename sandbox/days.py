"""Life goes on, day by day: the one way in which history and the answers to decisions come about."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sandbox.block import Block
from sandbox.effects import CHANNELS
from sandbox.facts import Facts
from sandbox.organic import Events, Organic, organic_life
from sandbox.reactions import Touches, enter_crm, meet, react, respond
from sandbox.rules import fire_rules
from sandbox.seasons import SECONDS, Window
from sandbox.seeds import Ints

WARMTH_KEPT = 0.5 ** (1 / 14)
FATIGUE_KEPT = 0.5 ** (1 / 10)


def live(
    block: Block,
    rng: np.random.Generator,
    window: Window,
    scale: float,
    *,
    managed: NDArray[np.bool_],
    sent: Mapping[int, Touches],
) -> Facts:
    """Let a block live for some days.

    Args:
        block: changed in place.
        rng: source of randomness.
        window: the days.
        scale: multiplies web and product use.
        managed: [n] people whom the old rules skip.
        sent: Nightjar's touches by day number.

    Returns:
        What happened, also what is already certain to happen later.
    """
    happened = Facts()
    organic = organic_life(block, rng, window, scale)
    happened.add("session", organic.sessions.person, organic.sessions.at, -1 - organic.sessions.kind)
    happened.add("track", organic.tracks.person, organic.tracks.at, organic.tracks.kind)
    happened.add("form", organic.forms.person, organic.forms.at, organic.forms.kind)
    for day in range(window.first_day, window.after_last):
        block.people_state.warmth *= np.float32(WARMTH_KEPT)
        block.people_state.fatigue *= np.float32(FATIGUE_KEPT)
        touches, rule = fire_rules(block, day, managed, rng)
        happened.add("rule_fire", touches.person, touches.at, rule)
        _do(block, touches, rng, happened)
        if day in sent:
            _do(block, sent[day], rng, happened)
        _speak(block, organic, day, rng, happened)
        _notice(block, organic, day)
    _speak_later(block, organic, window, rng, happened)
    return happened


def _do(block: Block, touches: Touches, rng: np.random.Generator, happened: Facts) -> None:
    called = CHANNELS[touches.action] == "call"
    enter_crm(block, touches.person[called], touches.at[called])
    happened.add("task", touches.person[called], touches.at[called], touches.action[called], touches.touch[called])
    react(block, touches, rng, happened)


def _speak(block: Block, organic: Organic, day: int, rng: np.random.Generator, happened: Facts) -> None:
    """People's own replies and meetings of the day, fewer from those whom an action annoyed."""
    for events, act in ((organic.replies.on(day), respond), (organic.meetings.on(day), meet)):
        person, at = _unless_subdued(block, events, day, rng)
        act(block, person, at, rng, happened)


def _unless_subdued(block: Block, events: Events, day: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    state = block.people_state
    remains = np.where(state.subdued_until[events.person] >= day, state.subdued_factor[events.person], 1.0)
    kept = rng.random(len(events.person)) < remains
    return events.person[kept], events.at[kept]


def _speak_later(block: Block, organic: Organic, window: Window, rng: np.random.Generator, happened: Facts) -> None:
    """What a form of the last days leads to after the window."""
    cut = window.after_last * SECONDS
    for events, act in ((organic.replies, respond), (organic.meetings, meet)):
        later = events.at >= cut
        act(block, events.person[later], events.at[later], rng, happened)


def _notice(block: Block, organic: Organic, day: int) -> None:
    """Keep what the rules and the effects go by."""
    state = block.people_state
    sessions, forms, tracks = organic.sessions.on(day), organic.forms.on(day), organic.tracks.on(day)
    state.visit_day[sessions.person] = day
    state.pricing_day[sessions.person[sessions.kind == 1]] = day
    state.form_day[forms.person] = day
    state.track_day[tracks.person] = day
    np.add.at(state.warmth, sessions.person, np.float32(0.35))
    np.add.at(state.warmth, forms.person, np.float32(0.6))
