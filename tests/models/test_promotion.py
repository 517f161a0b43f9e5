"""A challenger takes the champion's place when it is better, and seldom by chance."""

from dataclasses import replace

import numpy as np
import pytest

from models.promotion import Judgement, Paired, joined, judge

RATE = np.log(0.05 / 0.95)


def compared(seed: int, challenger_error: float, champion_error: float, count: int = 2_000) -> Paired:
    """Two models whose logits are off by so much, on rows of a rare outcome, two rows per account."""
    generator = np.random.default_rng(seed)
    logit = RATE + generator.normal(size=count)
    observed = (generator.random(count) < sigmoid(logit)).astype(float)
    stated = [sigmoid(logit + error * generator.normal(size=count)) for error in (challenger_error, champion_error)]
    losses = [-np.log(np.where(observed == 1, each, 1 - each)) for each in stated]
    segments = {"industry": generator.choice(["retail", "steel"], count)}
    units = np.repeat(np.arange(count // 2), 2)
    return Paired(*losses, *stated, observed, np.ones(count), units, segments, "log loss")


def sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def promotions(challenger_error: float, champion_error: float, growth: float = 1.0, count: int = 12) -> list[Judgement]:
    return [judge(compared(seed, challenger_error, champion_error), growth, "version 1", seed) for seed in range(count)]


def share(judgements: list[Judgement]) -> float:
    return float(np.mean([each.is_promoted for each in judgements]))


def test_the_better_one_wins_and_the_worse_one_loses() -> None:
    assert share(promotions(0.1, 1.0)) > 0.9
    assert share(promotions(1.0, 0.1)) == 0
    assert share(promotions(1.0, 0.1, growth=10)) == 0, "evidence doesn't excuse what is worse"


def test_equals_rarely_swap_places_but_for_much_more_evidence() -> None:
    equals = promotions(0.4, 0.4, count=40)
    assert share(equals) <= 0.25, "one in ten by the confidence asked for"
    assert all("not clearly better: log loss" in each.words for each in equals if 0.1 < each.share_better < 0.9)
    assert share(promotions(0.4, 0.4, growth=1.6)) > 0.6


def test_the_same_model_is_a_tie() -> None:
    paired = compared(1, 0.4, 0.4)
    same = replace(paired, challenger_loss=paired.champion_loss, challenger_stated=paired.champion_stated)
    assert judge(same, 1.0, "version 1", 0).share_better == pytest.approx(0.5)
    assert not judge(same, 1.0, "version 1", 0).is_promoted


def test_worse_calibration_keeps_a_better_ranking_out() -> None:
    paired = compared(2, 0.0, 3.0)
    inflated = replace(paired, challenger_stated=np.minimum(3 * paired.challenger_stated + 0.1, 1))
    told = judge(inflated, 1.0, "version 1", 0)
    assert not told.is_promoted and "but worse calibrated" in told.words
    assert judge(paired, 1.0, "version 1", 0).is_promoted


def test_a_large_segment_that_is_clearly_worse_keeps_it_out() -> None:
    paired = compared(3, 0.0, 2.5)
    is_retail = paired.segments["industry"] == "retail"
    harmed = replace(paired, challenger_loss=paired.challenger_loss + np.where(is_retail, 0.4, -0.6))
    told = judge(harmed, 1.0, "version 1", 0)
    assert not told.is_promoted and "clearly worse where industry is retail" in told.words
    few = {"industry": np.where(np.arange(len(is_retail)) < 150, "rare", "steel")}
    rare = np.where(few["industry"] == "rare", 0.4, 0.0)
    small = replace(paired, segments=few, challenger_loss=paired.challenger_loss + rare)
    assert judge(small, 1.0, "version 1", 0).is_promoted, "7 % of the rows aren't a large segment"


def test_without_newer_rows_nothing_moves() -> None:
    assert joined([]) is None
    told = judge(None, 5.0, "version 1", 0)
    assert not told.is_promoted and told.words == "not compared: no rows yet that version 1 hasn't learnt from"


def test_goals_are_put_together() -> None:
    parts = [compared(4, 0.1, 1.0), compared(5, 0.1, 1.0)]
    together = joined(parts)
    assert together is not None and len(together.observed) == 4_000
    assert judge(together, 1.0, "version 1", 0).extra_loss == pytest.approx(
        np.mean([judge(each, 1.0, "version 1", 0).extra_loss for each in parts])
    )
