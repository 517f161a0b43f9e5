"""Content: drawn as often as the log says, better with every night, and never outside the library."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.content import ContentFit, ContentRules, draw_content, fit_content

NIGHT = date(2026, 3, 1)
LIBRARY_SCHEMA = {
    "action_id": pl.String, "slot": pl.String, "content_variant_id": pl.String, "weight": pl.Float64,
    "is_active": pl.Boolean, "place": pl.Int32,
}  # fmt: skip
ROWS_SCHEMA = {
    "action_id": pl.String, "content": pl.String, "job": pl.String, "count_messages": pl.Int64,
    "count_responses": pl.Int64, "weight": pl.Float64, "weighted_responses": pl.Float64,
}  # fmt: skip
NO_ROWS = pl.DataFrame(schema=ROWS_SCHEMA)
CONTEXTS = pl.DataFrame({"context": ["it", "sales"], "job": ["it", "sales"], "count_contacts": [500, 500]})


def library(*variants: str, **changes: dict) -> pl.DataFrame:
    """Variants as `slot/name`; changes by name."""
    rows = []
    for place, variant in enumerate(variants, 1):
        slot, name = variant.split("/")
        told = {"weight": 1.0, "is_active": True} | changes.get(name, {})
        rows.append(("mail", slot, name, told["weight"], told["is_active"], place))
    return pl.DataFrame(rows, LIBRARY_SCHEMA, orient="row")


LETTERS = library("subject/a", "subject/b", "subject/c", "body/x", "body/y")


def rules(night: date = NIGHT, floor: float = 0.05) -> ContentRules:
    return ContentRules(("job",), floor, least_messages=20, night=night, seed=1)


def contacts(count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"contact_id": [f"c{i:05d}" for i in range(count)], "context": [("it", "sales")[i % 2] for i in range(count)]}
    ).with_columns(action_id=pl.lit("mail"))


def counted(drawn: pl.DataFrame, responded: np.ndarray) -> pl.DataFrame:
    """What the messages of a night come to, in the form of `fit_content`."""
    return (
        drawn.with_columns(responded=pl.Series(responded).cast(pl.Int64))
        .group_by("action_id", "content", job="context")
        .agg(count_messages=pl.len().cast(pl.Int64), count_responses=pl.col("responded").sum())
        .with_columns(
            weight=pl.col("count_messages").cast(pl.Float64),
            weighted_responses=pl.col("count_responses").cast(pl.Float64),
        )
        .select(list(ROWS_SCHEMA))
    )


def simulate(
    rate: Callable[[dict, str], float], nights: int, people: pl.DataFrame, of_night: Callable[[int], pl.DataFrame]
) -> tuple[list[float], list[pl.DataFrame], ContentFit]:
    """Mean rate of response and messages of each night, and what is known after the last."""
    rng, log, rates, rows = np.random.default_rng(4), [], [], NO_ROWS
    for number in range(nights):
        night = NIGHT + timedelta(number)
        fit = fit_content(rows, of_night(number), CONTEXTS, rules(night))
        drawn = draw_content(people, fit.shares, night, 1).join(people, on="contact_id")
        chance = np.array([rate(json.loads(text), job) for text, job in drawn.select("content", "context").rows()])
        log.append(drawn)
        rates.append(float(chance.mean()))
        rows = pl.concat([rows, counted(drawn, rng.random(len(chance)) < chance)])
    return rates, log, fit


def test_variants_come_as_often_as_logged_and_slots_are_drawn_on_their_own() -> None:
    people = contacts(20_000)
    first = draw_content(people, fit_content(NO_ROWS, LETTERS, CONTEXTS, rules()).shares, NIGHT, 1)
    liked = (first["content"].str.contains('"c"') & (people["context"] == "it")).to_numpy()
    rows = counted(
        first.join(people, on="contact_id"), (np.arange(20_000) % 20 == 0) | (liked & (np.arange(20_000) % 40 == 1))
    )
    drawn = draw_content(people, fit_content(rows, LETTERS, CONTEXTS, rules()).shares, NIGHT, 2).join(
        people, on="contact_id"
    )
    drawn = drawn.with_columns(
        pl.col("content_probabilities").str.json_path_match(f"$.{slot}").cast(pl.Float64).alias(f"p_{slot}")
        for slot in ("subject", "body")
    ).with_columns(pl.col("content").str.json_path_match(f"$.{slot}").alias(slot) for slot in ("subject", "body"))
    assert (drawn["p_subject"] * drawn["p_body"] - drawn["content_probability"]).abs().max() < 1e-12
    assert (drawn["content_variant_id"] == drawn["subject"]).all()
    seen = drawn.group_by("context", "subject", "body").agg(pl.len(), pl.col("content_probability").first())
    assert len(seen) == 12
    expected = 10_000 * seen["content_probability"]
    assert (((seen["len"] - expected) ** 2 / expected).sum()) < 30  # chi-square with 10 degrees of freedom: p = 0.001


def test_regret_falls_and_each_context_gets_what_suits_it() -> None:
    def rate(content: dict, job: str) -> float:
        liked = {"a": 0.0, "b": 0.0, "c": 0.5}[content["subject"]] + 0.5 * ((content["body"] == "x") == (job == "it"))
        return 0.04 * (1 + liked)

    rates, _, fit = simulate(rate, 25, contacts(1_000), lambda _: LETTERS)
    regret = 0.08 - np.array(rates)
    assert regret[0] > 0.018
    assert regret[-5:].mean() < 0.4 * regret[0]
    suits = fit.shares.filter(pl.col("content_variant_id") == "x").select("context", "probability").rows()
    shares = dict(suits)
    assert shares["it"] > 0.85
    assert shares["sales"] < 0.15
    best = fit.effects.filter(slot="subject").sort("effect")["content_variant_id"][-1]
    assert best == "c"


def test_what_is_retired_is_never_drawn_and_what_is_new_finds_its_place() -> None:
    old, new = library("body/x", "body/y"), library("body/y", "body/z", x={"is_active": False})

    def rate(content: dict, _: str) -> float:
        return {"x": 0.06, "y": 0.03, "z": 0.06}[content["body"]]

    _, log, fit = simulate(rate, 22, contacts(1_000), lambda night: old if night < 8 else new)
    used = [set(drawn["content_variant_id"]) for drawn in log]
    assert set().union(*used[:8]) == {"x", "y"}
    assert set().union(*used[8:]) == {"y", "z"}
    shares = [float((drawn["content_variant_id"] == "z").mean()) for drawn in log]
    assert shares[8] > 0.2
    assert np.mean(shares[-4:]) > 0.8
    left = fit.effects.filter(content_variant_id="x").row(0, named=True)
    assert left["share"] is None and left["count_messages"] > 0


def test_an_action_without_messages_draws_by_the_weights_of_policy() -> None:
    shares = fit_content(NO_ROWS, library("body/x", "body/y", y={"weight": 3.0}), CONTEXTS, rules(floor=0.0)).shares
    assert set(shares.select("content_variant_id", "probability").rows()) == {("x", 0.25), ("y", 0.75)}


@pytest.mark.parametrize("floor", [0.0, 0.05, 0.5])
def test_no_variant_falls_below_the_floor(floor: float) -> None:
    drawn = draw_content(contacts(2_000), fit_content(NO_ROWS, LETTERS, CONTEXTS, rules()).shares, NIGHT, 1)
    rows = counted(drawn.join(contacts(2_000), on="contact_id"), drawn["content"].str.contains('"a"').to_numpy())
    shares = fit_content(rows, LETTERS, CONTEXTS, rules(floor=floor)).shares
    assert shares["probability"].min() >= min(floor, 0.5 / 3) - 2e-6
    sums = shares.group_by("slot", "context").agg(pl.col("probability").sum())
    assert (sums["probability"] - 1).abs().max() < 1e-9


def test_effects_are_within_their_error_as_often_as_they_should() -> None:
    rng, people, inside = np.random.default_rng(2), contacts(3_000), []
    start = fit_content(NO_ROWS, LETTERS, CONTEXTS, rules()).shares
    for seed in range(40):
        truth = dict(zip("abcxy", rng.normal(0, 0.25, 5), strict=True))
        drawn = draw_content(people, start, NIGHT, seed).join(people, on="contact_id")
        chance = [0.1 * (1 + sum(truth[v] for v in json.loads(text).values())) for text in drawn["content"]]
        effects = fit_content(counted(drawn, rng.random(len(drawn)) < chance), LETTERS, CONTEXTS, rules()).effects
        for row in effects.filter(slot="subject").to_dicts():
            true = truth[row["content_variant_id"]] - np.mean([truth[v] for v in "abc"])
            inside.append(abs(row["effect"] - true) < 1.645 * row["effect_standard_error"])
    assert 0.80 < np.mean(inside) < 0.98


def test_the_same_again_is_the_same_whatever_the_order_of_rows() -> None:
    people = contacts(500)
    drawn = draw_content(people, fit_content(NO_ROWS, LETTERS, CONTEXTS, rules()).shares, NIGHT, 1)
    rows = counted(drawn.join(people, on="contact_id"), np.arange(500) % 10 == 0)
    first = fit_content(rows, LETTERS, CONTEXTS, rules())
    again = fit_content(rows.reverse(), LETTERS.reverse(), CONTEXTS.reverse(), rules())
    assert first.shares.equals(again.shares) and first.effects.equals(again.effects)
    shuffled = draw_content(people.reverse(), first.shares.reverse(), NIGHT, 1)
    assert shuffled.equals(draw_content(people, first.shares, NIGHT, 1))


def test_who_is_in_no_known_context_gets_content_all_the_same() -> None:
    people = contacts(50).with_columns(context=pl.lit(None, pl.String))
    drawn = draw_content(people, fit_content(NO_ROWS, LETTERS, CONTEXTS, rules()).shares, NIGHT, 1)
    assert len(drawn) == 50
    other = people.with_columns(action_id=pl.lit("call"))
    assert len(draw_content(other, fit_content(NO_ROWS, LETTERS, CONTEXTS, rules()).shares, NIGHT, 1)) == 0


def test_responses_of_a_few_are_not_told() -> None:
    drawn = draw_content(contacts(30), fit_content(NO_ROWS, LETTERS, CONTEXTS, rules()).shares, NIGHT, 1)
    rows = counted(drawn.join(contacts(30), on="contact_id"), np.arange(30) == 0)
    effects = fit_content(rows, LETTERS, CONTEXTS, rules()).effects
    told = effects.filter(pl.col("count_responses").is_not_null())
    assert (told["count_messages"] >= 20).all()
    assert (effects.filter(pl.col("count_messages") < 20)["response_rate"]).is_null().all()
