"""How people react to what is done to them, and where a reply can lead."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox import effects, facts
from sandbox.block import Block
from sandbox.facts import Facts
from sandbox.organic import UTC_OFFSETS
from sandbox.seasons import SECONDS, working_time
from sandbox.seeds import Ints

SALES_CYCLE_DAYS = 38.0


@dataclass(frozen=True)
class Touches:
    """Actions done to people of a block: [k] each.

    Attributes:
        person: row of the block.
        at: epoch seconds.
        action: index into effects.ACTIONS.
        campaign: e-mail campaign number.
        touch: row in the night's list of decisions, -1 for an old rule's.
        is_deliverable: the address or number works.
    """

    person: Ints
    at: Ints
    action: Ints
    campaign: Ints
    touch: Ints
    is_deliverable: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.person)

    def where(self, mask: NDArray[np.bool_]) -> "Touches":
        return Touches(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))


def react(block: Block, touches: Touches, rng: np.random.Generator, happened: Facts) -> None:
    """Let people react to the day's touches: e-mail events, replies, meetings, tiredness, opt-outs."""
    if not len(touches):
        return
    state = block.people_state
    person, action = touches.person, touches.action
    score = block.scores(person)[np.arange(len(person)), action]
    reached = _mail(block, touches, score, rng, happened)
    remains = effects.wear(state.fatigue[person]) * (reached & ~_is_deaf(block, touches))
    _report(touches, reached, happened)
    strength = np.maximum(score, 0.0) * remains
    replies = rng.random(len(person)) < effects.REPLY_SCALE[action] * strength
    meets = rng.random(len(person)) < effects.MEETING_SCALE[action] * strength
    reply_days = touches.at[replies] // SECONDS + np.minimum(rng.exponential(1.2, int(replies.sum())), 5).astype(
        np.int64
    )
    meeting_days = touches.at[meets] // SECONDS + rng.integers(1, 9, int(meets.sum()))
    respond(block, person[replies], _after(touches.at[replies], reply_days, block, person[replies], rng), rng, happened)
    meet(block, person[meets], _after(touches.at[meets], meeting_days, block, person[meets], rng), rng, happened)
    _remember(block, touches, score, reached)


def respond(block: Block, person: Ints, at: Ints, rng: np.random.Generator, happened: Facts) -> None:
    """People reply; some agree to meet, one to six days later."""
    enter_crm(block, person, at)
    happened.add("task", person, at, facts.REPLY_TASK, -1)
    meets = rng.random(len(person)) < effects.MEETING_AFTER_REPLY
    days = at[meets] // SECONDS + rng.integers(1, 7, int(meets.sum()))
    meet(block, person[meets], working_time(rng, days, _offsets(block, person[meets])), rng, happened)


def meet(block: Block, person: Ints, at: Ints, rng: np.random.Generator, happened: Facts) -> None:
    """People meet a seller; some meetings open an opportunity, if the account has none open."""
    enter_crm(block, person, at)
    happened.add("meeting", person, at)
    opens = rng.random(len(person)) < block.column("opportunity_chance")[person]
    days = at[opens] // SECONDS + rng.integers(0, 11, int(opens.sum()))
    open_opportunities(block, person[opens], working_time(rng, days, _offsets(block, person[opens])), rng, happened)


def open_opportunities(block: Block, person: Ints, at: Ints, rng: np.random.Generator, happened: Facts) -> None:
    """Opportunities with their whole course: when they close, and whether they are won."""
    account = block.account_of(person)
    _, firsts = np.unique(account, return_index=True)
    firsts = np.sort(firsts)
    firsts = firsts[block.account_state.open_until[account[firsts]] < at[firsts] // SECONDS]
    person, at, account = person[firsts], at[firsts], account[firsts]
    close_days = at // SECONDS + np.clip(rng.lognormal(np.log(SALES_CYCLE_DAYS), 0.6, len(at)), 6, 300).astype(np.int64)
    wins = rng.random(len(person)) < block.column("win_chance")[person]
    state = block.account_state
    state.open_until[account] = close_days
    new = wins & (state.customer_since[account] > close_days)
    state.customer_since[account[new]] = close_days[new]
    state.churn_day[account[new]] = close_days[new] + 60 + rng.exponential(1500, int(new.sum())).astype(np.int64)
    happened.add(
        "opportunity", person, at, working_time(rng, close_days, _offsets(block, person)), wins.astype(np.int64)
    )
    becomes = block.people_state.contact_at[person] > at
    block.people_state.contact_at[person[becomes]] = at[becomes]


def enter_crm(block: Block, person: Ints, at: Ints) -> None:
    """Who answers and is in no CRM yet becomes a CRM contact."""
    unknown = ~block.column("has_lead")[person]
    np.minimum.at(block.people_state.contact_at, person[unknown], at[unknown])


def _mail(
    block: Block, touches: Touches, score: NDArray[np.floating], rng: np.random.Generator, happened: Facts
) -> NDArray[np.bool_]:
    """Send the e-mails among the touches. Returns [k] whether the touch reached the person (calls and ads: always)."""
    state = block.people_state
    is_mail = effects.CHANNELS[touches.action] == "email"
    bounced = is_mail & (~touches.is_deliverable | (rng.random(len(touches)) < 0.003))
    curious = 0.28 + 0.10 * np.tanh(block.column("interest")[touches.person])
    opened = is_mail & ~bounced & (rng.random(len(touches)) < curious * np.where(score < -0.5, 0.5, 1.0))
    clicked = opened & (rng.random(len(touches)) < 0.04 + 0.14 * np.clip(score, 0, 2))
    tired = effects.unsubscribe_probability(score, state.fatigue[touches.person])
    leaves = is_mail & ~bounced & (rng.random(len(touches)) < tired * (~state.is_unsubscribed[touches.person]))
    complains = is_mail & ~bounced & (rng.random(len(touches)) < tired * 0.08)
    open_at = touches.at + (rng.exponential(5 * 3600, len(touches))).astype(np.int64) + 60
    click_at = open_at + rng.integers(5, 180, len(touches))
    for mask, at, kind in (
        (is_mail, touches.at, facts.SENT),
        (opened, open_at, facts.OPEN),
        (clicked, click_at, facts.CLICK),
        (bounced, touches.at + 30, facts.BOUNCE),
        (complains, open_at + 60, facts.SPAM),
    ):
        happened.add("email", touches.person[mask], at[mask], kind, touches.campaign[mask], touches.touch[mask])
    happened.add("session", touches.person[clicked], click_at[clicked] + 2, touches.campaign[clicked])
    happened.add("unsubscribe", touches.person[leaves], open_at[leaves] + 90)
    happened.add("suppression", touches.person[complains], open_at[complains] + 90, 1)
    happened.add("suppression", touches.person[bounced], touches.at[bounced] + 60, 0)
    gone = touches.person[leaves | complains]
    state.is_unsubscribed[gone] = True
    state.has_bounced[touches.person[bounced]] = True
    state.changed_day[gone] = touches.at[leaves | complains] // SECONDS
    days = (click_at[clicked] // SECONDS).astype(np.int32)
    state.click_day[touches.person[clicked]] = days
    state.warmth[touches.person[clicked]] += 0.5
    return ~bounced


def _report(touches: Touches, reached: NDArray[np.bool_], happened: Facts) -> None:
    """The platforms report what became of Nightjar's decisions; ad platforms report nothing about a person."""
    told = (touches.touch >= 0) & (effects.CHANNELS[touches.action] != "ads")
    status = np.where(reached, facts.DELIVERED, facts.BOUNCED)
    happened.add("result", touches.touch[told], touches.at[told] + 5, status[told])


def _is_deaf(block: Block, touches: Touches) -> NDArray[np.bool_]:
    """E-mail to somebody who has unsubscribed does nothing good."""
    return (effects.CHANNELS[touches.action] == "email") & block.people_state.is_unsubscribed[touches.person]


def _remember(block: Block, touches: Touches, score: NDArray[np.floating], reached: NDArray[np.bool_]) -> None:
    """Touches make tired, and unwelcome ones make silent."""
    state = block.people_state
    np.add.at(state.fatigue, touches.person[reached], effects.TIREDNESS[touches.action[reached]].astype(np.float32))
    hurt = reached & (score < 0)
    state.subdued_until[touches.person[hurt]] = touches.at[hurt] // SECONDS + effects.SUBDUED_DAYS
    state.subdued_factor[touches.person[hurt]] = effects.subdued_factor(score[hurt])


def _after(at: Ints, days: Ints, block: Block, person: Ints, rng: np.random.Generator) -> Ints:
    return np.maximum(working_time(rng, days, _offsets(block, person)), at + 600)


def _offsets(block: Block, person: Ints) -> Ints:
    return UTC_OFFSETS[block.column("country")[person]]
