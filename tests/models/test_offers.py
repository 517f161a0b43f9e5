"""One offer per account: the one that brings most, drawn in random control, whatever the order of the rows."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from models.offers import keep_one_offer

NIGHT = date(2026, 3, 1)
SCHEMA = {"contact_id": pl.String, "action_id": pl.String, "offer": pl.String, "net_value_cents": pl.Float64}


def units(arm: str = "model", people: int = 8) -> pl.DataFrame:
    return pl.DataFrame(
        {"contact_id": [f"c{i}" for i in range(people)], "unit_id": [f"a{i // 3}" for i in range(people)],
         "arm": [arm] * people}
    )  # fmt: skip


@st.composite
def nights(draw: st.DrawFn) -> pl.DataFrame:
    rows = [
        (f"c{contact}", f"x{number}", offer, draw(st.floats(-5, 5)))
        for contact in range(8)
        for number, offer in enumerate(("trial", "trial", "discount", None))
        if draw(st.booleans())
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@settings(max_examples=60)
@given(nights(), st.sampled_from(["model", "random_control"]), st.randoms())
def test_an_account_keeps_one_offer_and_all_that_make_none(pairs: pl.DataFrame, arm: str, random) -> None:
    kept = keep_one_offer(pairs, units(arm), NIGHT)
    assert kept.columns == pairs.columns
    of_units = kept.join(units(arm), on="contact_id").filter(pl.col("offer").is_not_null())
    assert of_units.group_by("unit_id").agg(pl.col("offer").n_unique())["offer"].max() in (None, 1)
    assert kept.filter(pl.col("offer").is_null()).equals(pairs.filter(pl.col("offer").is_null()))
    had = pairs.join(units(arm), on="contact_id").filter(pl.col("offer").is_not_null())["unit_id"].unique()
    assert set(of_units["unit_id"]) == set(had), "whoever had an offer to make still has one"
    order = random.sample(range(len(pairs)), len(pairs))
    again = keep_one_offer(pairs[order], units(arm), NIGHT)
    assert again.sort("contact_id", "action_id").equals(kept.sort("contact_id", "action_id"))


def test_it_is_the_offer_that_brings_most_to_the_account() -> None:
    worth = [("c0", "trial", 5.0), ("c0", "discount", 4.0), ("c1", "discount", 3.0), ("c1", "trial", -9.0)]
    rows = [(contact, offer, offer, value) for contact, offer, value in worth]
    pairs = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    assert keep_one_offer(pairs, units(), NIGHT)["offer"].unique().to_list() == ["discount"]


def test_random_control_draws_each_offer_as_often() -> None:
    people = pl.DataFrame({"contact_id": [f"c{i}" for i in range(4_000)], "arm": "random_control"})
    people = people.with_columns(unit_id=pl.col("contact_id"))
    pairs = pl.concat([
        people.select("contact_id", action_id=pl.lit(offer), offer=pl.lit(offer), net_value_cents=pl.lit(value))
        for offer, value in (("trial", 9.0), ("discount", 1.0))
    ])  # fmt: skip
    counts = keep_one_offer(pairs, people, NIGHT)["offer"].value_counts()["count"]
    assert counts.max() - 2_000 < 4 * (4_000 * 0.25) ** 0.5
