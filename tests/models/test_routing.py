"""Who acts for whom: owners first, then who covers the territory; nobody who is away; the load even."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.routing import SCHEMA, RoutingRules, route

NIGHT = date(2026, 3, 2)
TEXT = pl.String
PEOPLE = {
    "contact_id": TEXT, "account_id": TEXT, "account_owner_id": TEXT, "contact_owner_id": TEXT,
    "previous_owner_id": TEXT, "country_code": TEXT, "territories": TEXT,
}  # fmt: skip
REPS = {
    "owner_id": TEXT, "name": TEXT, "absence": TEXT, "capacity": pl.Int64, "territories": TEXT, "skills": TEXT,
    "teams": TEXT,
}  # fmt: skip


def person(contact_id: str, **others: object) -> dict:
    return dict.fromkeys(PEOPLE) | {"contact_id": contact_id, "territories": ""} | others


def rep(owner_id: str, **others: object) -> dict:
    plain = {"owner_id": owner_id, "name": owner_id.title(), "absence": None, "capacity": 8}
    return plain | {"territories": "", "skills": "", "teams": ""} | others


def rules_of(**others: object) -> RoutingRules:
    given_rules: dict = {
        "owner_order": ("account_owner", "contact_owner"),
        "actions": pl.DataFrame({"action_id": ["call", "visit"], "name": ["Call", "Visit"]}),
        "territories": {"dach": "DACH", "france": "France"},
        "teams": pl.DataFrame({"team": ["sdr"], "name": ["Sales"]}),
        "team_actions": pl.DataFrame(schema={"team": TEXT, "action_id": TEXT}),
        "skills_needed": pl.DataFrame(schema={"skill": TEXT, "territory": TEXT, "action_id": TEXT}),
        "night": NIGHT,
    }
    return RoutingRules(**given_rules | others)


def routed(people: list[dict], reps: list[dict], rules: RoutingRules | None = None) -> dict[tuple[str, str], tuple]:
    frame = route(
        pl.DataFrame(people, PEOPLE, orient="row"), pl.DataFrame(reps, REPS, orient="row"), rules or rules_of()
    )
    assert dict(frame.schema) == SCHEMA
    assert frame.select((pl.col("owner_id").is_null() == pl.col("detail").is_not_null()).all()).item()
    assert frame.select((pl.col("owner_id").is_null() == pl.col("reason").is_null()).all()).item()
    return {(contact, action): tuple(told) for contact, action, *told in frame.iter_rows()}


AWAY = "is away until 2026-03-09"


@pytest.mark.parametrize(
    ("who", "reps", "expected"),
    [
        (
            {"account_owner_id": "ann", "contact_owner_id": "bob"},
            [rep("ann"), rep("bob")],
            ("ann", "account owner", None),
        ),
        (
            {"account_owner_id": "ann", "contact_owner_id": "bob"},
            [rep("ann", absence=AWAY), rep("bob")],
            ("bob", "contact owner", None),
        ),
        (
            {"account_owner_id": "ann", "contact_owner_id": "bob"},
            [rep("ann", capacity=0), rep("bob")],
            ("bob", "contact owner", None),
        ),
        ({"account_owner_id": "ann"}, [rep("ann", capacity=0)], ("ann", "account owner; no room tonight", None)),
        (
            {"account_owner_id": "ann"},
            [rep("ann", absence=AWAY)],
            (None, None, f"owner Ann {AWAY} and nobody else covers FR"),
        ),
        (
            {"account_owner_id": "ann"},
            [rep("ann", absence=AWAY), rep("cem", teams="sdr", absence="is no longer active")],
            (None, None, f"owner Ann {AWAY} and everybody else who covers FR is away"),
        ),
        ({}, [rep("ann")], (None, None, "no active owner of the contact or its account and nobody covers FR")),
        (
            {"account_owner_id": "ann", "territories": "france"},
            [
                rep("ann", absence=AWAY),
                rep("cem", teams="sdr", territories="dach"),
                rep("dee", teams="sdr", territories="france"),
            ],
            ("dee", "territory France, least load", None),
        ),
        ({}, [rep("cem", teams="sdr")], ("cem", "team Sales, least load", None)),
        ({}, [rep("cem", teams="sdr", capacity=0)], ("cem", "team Sales, least load; no room tonight", None)),
        (
            {"account_owner_id": "ann"},
            [rep("ann", capacity=0), rep("cem", teams="sdr")],
            ("cem", "team Sales, least load", None),
        ),
        (
            {"previous_owner_id": "dee"},
            [rep("cem", teams="sdr"), rep("dee", teams="sdr", capacity=1)],
            ("dee", "worked on the account before", None),
        ),
    ],
)
def test_who_acts(who: dict, reps: list[dict], expected: tuple) -> None:
    assert routed([person("c", country_code="FR", **who)], reps)[("c", "call")] == expected


def test_an_action_that_a_team_names_is_done_by_its_members_only() -> None:
    rules = rules_of(team_actions=pl.DataFrame({"team": ["sdr"], "action_id": ["call"]}))
    people = [person("c", account_owner_id="ann", country_code="FR")]
    with_team = routed(people, [rep("ann"), rep("cem", teams="sdr")], rules)
    assert with_team[("c", "call")] == ("cem", "team Sales, least load", None)
    assert with_team[("c", "visit")] == ("ann", "account owner", None)
    alone = routed(people, [rep("ann")], rules)
    assert alone[("c", "call")][2] == "owner Ann is in no team that does “Call” and nobody else covers FR"


def test_a_skill_is_asked_where_it_is_needed() -> None:
    needed = pl.DataFrame(
        {"skill": ["german"], "territory": ["dach"], "action_id": [None]},
        {"skill": TEXT, "territory": TEXT, "action_id": TEXT},
    )
    rules = rules_of(skills_needed=needed)
    people = [
        person("in_dach", account_owner_id="ann", country_code="DE", territories="dach"),
        person("in_france", account_owner_id="ann", country_code="FR", territories="france"),
    ]
    found = routed(people, [rep("ann"), rep("cem", teams="sdr", skills="german")], rules)
    assert found[("in_france", "call")] == ("ann", "account owner", None)
    assert found[("in_dach", "call")] == ("cem", "team Sales, skill german, least load", None)
    lacking = routed(people, [rep("ann")], rules)
    assert lacking[("in_dach", "call")][2] == "owner Ann lacks the skill german and nobody else covers DE"


def test_without_teams_everything_is_as_the_crm_says() -> None:
    rules = rules_of(teams=pl.DataFrame(schema={"team": TEXT, "name": TEXT}))
    people = [person("a", account_owner_id="ann"), person("b", contact_owner_id="bob"), person("c")]
    found = routed(people, [rep("ann"), rep("bob", absence="is no longer active")], rules)
    assert found[("a", "call")] == ("ann", "account owner", None)
    assert found[("b", "call")] == (None, None, "owner Bob is no longer active")
    assert found[("c", "call")] == (None, None, "no active owner of the contact or its account")


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[dict], list[dict]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    reps = [
        rep(
            f"r{number}", capacity=int(rng.integers(0, 9)), teams=rng.choice(["", "sdr"]),
            absence=rng.choice([None, None, AWAY]), territories=rng.choice(["", "dach", "dach,france", "france"]),
        )
        for number in range(draw(st.integers(1, 8)))
    ]  # fmt: skip
    owners = [None, "gone", *(each["owner_id"] for each in reps)]
    people = [
        person(
            f"c{number}", account_id=rng.choice([None, "a", "b", "d"]), account_owner_id=rng.choice(owners),
            contact_owner_id=rng.choice(owners), previous_owner_id=rng.choice(owners),
            territories=rng.choice(["", "dach", "france"]), country_code=rng.choice([None, "DE"]),
        )
        for number in range(draw(st.integers(0, 30)))
    ]  # fmt: skip
    return people, reps


@settings(max_examples=60)
@given(companies(), st.randoms())
def test_nobody_who_is_away_gets_anything_and_the_order_of_rows_tells_nothing(company: tuple, random: object) -> None:
    people, reps = company
    found = routed(people, reps)
    there = {each["owner_id"]: each for each in reps if each["absence"] is None}
    assert len(found) == 2 * len(people)
    for each in people:
        owner = found[(each["contact_id"], "call")][0]
        assert owner is None or owner in there
        own = {each["account_owner_id"], each["contact_owner_id"]} & set(there)
        if any(there[name]["capacity"] for name in own):
            assert owner in own
        if own:
            assert owner is not None
        if owner and owner not in own:
            covered = there[owner]["territories"]
            assert there[owner]["teams"] == "sdr"
            assert not covered or set(covered.split(",")) & set(each["territories"].split(","))
    random.shuffle(people)
    random.shuffle(reps)
    assert routed(people, reps) == found


def test_the_load_is_even_for_the_room_and_accounts_stay_together() -> None:
    people = [person(f"c{number:04d}", account_id=f"a{number // 3}") for number in range(3000)]
    reps = [rep(f"r{number}", capacity=capacity, teams="sdr") for number, capacity in enumerate([4, 8, 8, 20])]
    found = routed(people, reps)
    owners = [found[(each["contact_id"], "call")][0] for each in people]
    by_account = pl.DataFrame({"account": [each["account_id"] for each in people], "owner": owners})
    assert by_account.group_by("account").agg(pl.col("owner").n_unique())["owner"].max() == 1
    counts = by_account["owner"].value_counts().sort("owner")["count"].to_list()
    assert counts == pytest.approx([300, 600, 600, 1500], abs=3)
    assert all(found[(each["contact_id"], "visit")][0] == owner for each, owner in zip(people, owners, strict=True))


def test_who_owns_one_of_an_account_gets_the_others_that_nobody_owns() -> None:
    people = [person("c1", account_id="a", contact_owner_id="cem"), *(person(c, account_id="a") for c in ("c2", "c3"))]
    reps = [rep("ann", teams="sdr"), rep("bob", teams="sdr"), rep("cem", teams="sdr", capacity=1)]
    found = routed(people, reps)
    assert [found[(contact, "call")][0] for contact in ("c1", "c2", "c3")] == ["cem"] * 3
    assert found[("c2", "call")][1] == "same rep as for others of the account"
