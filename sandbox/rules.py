"""The old if/then rules of the marketing automation. They go by what people did, so who is hit is no accident."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.block import Block, PeopleState
from sandbox.effects import ACTION_NUMBER, ACTIONS, CHANNELS
from sandbox.organic import UTC_OFFSETS
from sandbox.reactions import Touches
from sandbox.seasons import SECONDS, working_time

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """An if/then rule.

    Attributes:
        when: its definition as the automation tool shows it.
        applies: (block, state, day) → [n] who it hits.
        cool_down_days: it doesn't hit the same person again before.
        share: share of those hit whom it reaches on the day.
    """

    rule_id: str
    name: str
    action_id: str
    when: dict[str, object]
    applies: Callable[[Block, PeopleState, int], Mask]
    cool_down_days: int
    share: float = 1.0


def _is_newsletter_day(day: int) -> bool:
    return (day + 3) % 7 == 1 and (day // 7) % 4 == 0


def _newsletter(block: Block, state: PeopleState, day: int) -> Mask:
    if not _is_newsletter_day(day):
        return np.zeros(len(state.fatigue), dtype=bool)
    return block.people["is_in_hubspot"].to_numpy()


def _executives(block: Block, state: PeopleState, day: int) -> Mask:
    is_open = block.account_state.open_until[block.column("account")] > day
    return is_open & block.people["level"].is_in(["c_level", "vp"]).to_numpy()


RULES = (
    Rule("R-001", "Form fill → case study", "email_case_study",
         {"if": {"activity": "form_submission", "within_days": 1}, "then": {"send": "case_study"},
          "cool_down_days": 21},
         lambda block, state, day: state.form_day == day - 1, 21),
    Rule("R-002", "Pricing page → discovery call", "call_discovery",
         {"if": {"activity": "pricing_view", "within_days": 1}, "then": {"task": "call"}, "cool_down_days": 30},
         lambda block, state, day: state.pricing_day == day - 1, 30, 0.7),
    Rule("R-003", "Product used → tips", "email_product_tips",
         {"if": {"activity": "product_event", "within_days": 2}, "then": {"send": "product_tips"},
          "cool_down_days": 28},
         lambda block, state, day: day - state.track_day <= 2, 28),
    Rule("R-004", "Monthly webinar invitation", "email_webinar_invite",
         {"if": {"list": "hubspot_all", "every": "4 weeks", "weekday": "tuesday"}, "then": {"send": "webinar_invite"}},
         _newsletter, 7, 0.75),
    Rule("R-005", "Clicked, no answer → follow-up call", "call_follow_up",
         {"if": {"activity": "email_click", "days_ago": 3}, "then": {"task": "call"}, "cool_down_days": 30},
         lambda block, state, day: day - state.click_day == 3, 30, 0.5),
    Rule("R-006", "Visited → retargeting", "ads_nurture",
         {"if": {"activity": "page_view", "within_days": 1}, "then": {"audience": "retargeting"}, "cool_down_days": 60},
         lambda block, state, day: state.visit_day == day - 1, 60, 0.5),
    Rule("R-007", "Open deal → executive hello", "executive_touch",
         {"if": {"opportunity": "open", "job_level": ["c_level", "vp"]}, "then": {"task": "executive_call"}},
         _executives, 90, 0.03),
)  # fmt: skip


def fire_rules(block: Block, day: int, managed: Mask, rng: np.random.Generator) -> tuple[Touches, NDArray[np.int64]]:
    """Let the rules of a day fire for people who aren't managed by Nightjar.

    Returns:
        The touches, and [k] the rule of each.
    """
    state = block.people_state
    is_known = block.column("created_at") < day * SECONDS
    is_in_crm = block.column("has_lead") | (state.contact_at < day * SECONDS)
    parts = []
    for number, rule in enumerate(RULES):
        hit = rule.applies(block, state, day) & is_known & ~managed
        hit &= day - state.rule_days[:, number] >= rule.cool_down_days
        if rule.action_id.startswith("email_"):
            hit &= ~state.is_unsubscribed & ~state.has_bounced
        elif rule.action_id != "ads_nurture":
            hit &= is_in_crm
        person = np.flatnonzero(hit)
        person = person[rng.random(len(person)) < rule.share]
        state.rule_days[person, number] = day
        parts.append((person, np.full(len(person), number)))
    person = np.concatenate([part[0] for part in parts])
    rules = np.concatenate([part[1] for part in parts])
    action = _RULE_ACTION[rules]
    at = working_time(rng, np.full(len(person), day), UTC_OFFSETS[block.column("country")[person]])
    valid = np.where(
        block.column("is_in_hubspot"), block.column("is_hubspot_email_valid"), block.column("is_crm_email_valid")
    )
    deliverable = (CHANNELS[action] != "email") | valid[person]
    return Touches(person, at, action, rules, np.full(len(person), -1), deliverable), rules


_RULE_ACTION = np.array([ACTION_NUMBER[rule.action_id] for rule in RULES])


def rule_rows(created_at: int, updated_at: int) -> pl.DataFrame:
    """The automation tool's own table of rules, one row per rule, and one that nobody switched off properly."""
    rows = [
        (rule.rule_id, rule.name, ACTIONS[ACTION_NUMBER[rule.action_id]].channel, rule.action_id, rule.when, True)
        for rule in RULES
    ]
    rows.append(
        (
            "R-900",
            "Old nurture stream",
            "email",
            "email_case_study",
            {"if": {"score": "> 50"}, "then": {"send": "B"}},
            False,
        )
    )
    columns = ("rule_id", "name", "channel", "action", "definition", "is_active")
    frame = pl.DataFrame([(*row[:4], json.dumps(row[4]), row[5]) for row in rows], schema=columns, orient="row")
    return frame.with_columns(
        owner_id=pl.lit(None, dtype=pl.String),
        created_at=pl.from_epoch(pl.lit(created_at)).cast(pl.Datetime("us")),
        updated_at=pl.from_epoch(pl.lit(updated_at)).cast(pl.Datetime("us")),
    )
