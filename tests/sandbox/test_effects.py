import numpy as np
import polars as pl
import pytest

from sandbox import effects, facts
from sandbox.block import Block
from sandbox.facts import Facts
from sandbox.market import make_block
from sandbox.reactions import Touches, react
from sandbox.seasons import SECONDS, day_number
from tests.sandbox.conftest import NIGHT

DAY = day_number(NIGHT)
REPEATS = 60


@pytest.fixture(scope="module")
def block() -> Block:
    return make_block(3, 0, 4000, 10, DAY)


def _touch(block: Block, action: int, rng: np.random.Generator) -> Facts:
    size = len(block.people)
    happened = Facts()
    number = np.full(size, action)
    at = np.full(size, DAY * SECONDS + 50_000)
    react(
        block, Touches(np.arange(size), at, number, number, np.full(size, -1), np.ones(size, dtype=bool)), rng, happened
    )
    return happened


def _fresh(block: Block) -> Block:
    return Block.new(block.number, block.accounts, block.people)


def test_replies_come_at_the_true_rate(block: Block) -> None:
    rng = np.random.default_rng(1)
    action = effects.ACTION_NUMBER["call_discovery"]
    expected = effects.REPLY_SCALE[action] * np.maximum(_fresh(block).scores(np.arange(4000))[:, action], 0)
    replies = np.zeros(4000)
    for _ in range(REPEATS):
        tasks = _touch(_fresh(block), action, rng).frame("task")
        np.add.at(replies, tasks["person"].to_numpy(), 1)
    high = expected > np.quantile(expected, 0.8)
    for group in (high, ~high, expected == 0):
        error = np.sqrt(expected[group].sum() * REPEATS) + 1
        assert abs(replies[group].sum() - expected[group].sum() * REPEATS) < 4 * error


def test_each_action_is_best_for_somebody_and_bad_for_somebody(block: Block) -> None:
    some_are_warm = _fresh(block)
    some_are_warm.people_state.warmth[::2] = 1.5
    scores = some_are_warm.scores(np.arange(4000))
    best = np.bincount(scores.argmax(axis=1), minlength=len(effects.ACTIONS)) / 4000
    assert (best > 0.03).all()
    assert ((scores < -0.2).mean(axis=0) > 0.01).all()
    assert ((scores > 0.2).mean(axis=0) > 0.05).all()


def test_effects_can_be_learnt_from_what_exports_show(block: Block) -> None:
    people = block.people
    calls = people["score_executive_touch"]
    is_head = people["level"].is_in(["c_level", "vp"])
    assert calls.filter(is_head).mean() > calls.filter(~is_head).mean() + 0.5
    tips = people["score_email_product_tips"]
    assert tips.filter(people["is_product_user"]).mean() > tips.filter(~people["is_product_user"]).mean() + 0.3


def test_unwelcome_actions_silence_people(block: Block) -> None:
    annoyed = _fresh(block)
    action = effects.ACTION_NUMBER["email_product_tips"]
    scores = annoyed.scores(np.arange(4000))[:, action]
    _touch(annoyed, action, np.random.default_rng(2))
    state = annoyed.people_state
    hurt = (scores < -0.1) & (state.fatigue > 0)
    assert hurt.sum() > 500
    assert (state.subdued_until[hurt] == DAY + effects.SUBDUED_DAYS).all()
    assert (state.subdued_factor[hurt] < 1).all()
    assert (state.subdued_until[scores > 0] == 0).all()


def test_many_touches_wear_out_and_drive_away(block: Block) -> None:
    fresh, tired = _fresh(block), _fresh(block)
    tired.people_state.fatigue[:] = 5
    action = effects.ACTION_NUMBER["email_case_study"]
    counts = {}
    for name, each in (("fresh", fresh), ("tired", tired)):
        rng = np.random.default_rng(3)
        runs = []
        for _ in range(20):
            again = _fresh(each)
            again.people_state.fatigue[:] = each.people_state.fatigue
            runs.append(_touch(again, action, rng))
        counts[name] = [sum(len(run.frame(kind)) for run in runs) for kind in ("task", "unsubscribe")]
    assert counts["tired"][0] < 0.5 * counts["fresh"][0]
    assert counts["tired"][1] > 5 * counts["fresh"][1]


def test_mail_to_who_left_or_to_a_dead_mailbox_does_nothing(block: Block) -> None:
    gone = _fresh(block)
    gone.people_state.is_unsubscribed[:] = True
    happened = _touch(gone, effects.ACTION_NUMBER["email_case_study"], np.random.default_rng(4))
    assert happened.frame("task").is_empty()
    assert happened.frame("email").filter(pl.col("type") == facts.SENT).height == 4000
