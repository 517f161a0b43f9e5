"""Which version stands on a night, after promotions by the gate, words of persons, and losses."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.learner import Evidence
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import Version
from dagster_project.retraining import Present, why_train
from dagster_project.standing import Verdict, next_night, read_verdicts, record_verdict, standing

DAY = date(2026, 3, 1)
NAME = "nightjar-uplift"


def version(number: int, day: int, is_promoted: bool = True, **tags: str) -> Version:
    promoted = "true" if is_promoted else "false"
    known = {"trained_for": str(DAY + timedelta(days=day)), "is_promoted": promoted, "count_outcomes": "100"}
    return Version(NAME, number, f"run{number}", {**known, "features_sha256": "f", "settings_sha256": "p", **tags})


def word(verdict: str, of: Version | None, day: int) -> Verdict:
    number, run_id = (of.version, of.run_id) if of else (None, None)
    counts_from = DAY + timedelta(days=day)
    return Verdict(NAME, verdict, number, run_id, counts_from, "anna", DAY, "")  # type: ignore[arg-type]


ONE, TWO, LOST, FOUR = version(1, 0), version(2, 7), version(3, 14, is_promoted=False), version(4, 21)
VERSIONS = [ONE, TWO, LOST, FOUR]


def stands_on(day: int, verdicts: list[Verdict], versions: list[Version] = VERSIONS) -> int | None:
    found = standing(versions, verdicts, DAY + timedelta(days=day)).version
    return found.version if found else None


def test_the_gate_decides_until_a_person_does() -> None:
    assert [stands_on(day, []) for day in (0, 1, 7, 8, 15, 22)] == [None, 1, 1, 2, 2, 4]
    back = word("rollback", ONE, 10)
    assert [stands_on(day, [back]) for day in (9, 10, 22, 60)] == [2, 1, 1, 1]


def test_a_released_version_stays_until_it_is_beaten() -> None:
    words = [word("rollback", ONE, 10), word("release", ONE, 16)]
    assert [stands_on(day, words) for day in (15, 16, 21, 22)] == [1, 1, 1, 4]
    assert standing(VERSIONS, words, DAY + timedelta(days=17)).pin is None


def test_the_prior_can_be_pinned() -> None:
    assert stands_on(12, [word("promote", None, 10)]) is None
    pin = standing(VERSIONS, [word("promote", None, 10)], DAY + timedelta(days=12)).pin
    assert pin is not None and pin.words == "pinned by anna on 2026-03-01"


def test_a_retired_or_lost_pin_is_said_and_does_not_hold() -> None:
    retired = [ONE, version(2, 7, retired="a person was forgotten"), FOUR]
    on = DAY + timedelta(days=30)
    assert standing(retired, [word("promote", TWO, 10)], on).lost.endswith("is retired")
    assert standing([FOUR], [word("promote", TWO, 10)], on).lost.endswith("is no longer in the store")
    assert stands_on(30, [word("promote", TWO, 10)], retired) == 4
    assert stands_on(12, [], retired) == 1


@given(day=st.integers(0, 40), later=st.integers(1, 30), number=st.sampled_from([*VERSIONS, None]))
def test_what_is_said_later_never_changes_an_earlier_night(day: int, later: int, number: Version | None) -> None:
    before = standing(VERSIONS, [], DAY + timedelta(days=day))
    assert standing(VERSIONS, [word("promote", number, day + later)], DAY + timedelta(days=day)) == before


def test_words_survive_in_the_ledger(tmp_path: Path) -> None:
    ledger = Ledger(home=str(tmp_path))
    night = next_night(ledger, VERSIONS)
    assert night == DAY + timedelta(days=22)
    first = record_verdict(ledger, NAME, "rollback", ONE, counts_from=night, decided_by="anna", reason="bounces")
    record_verdict(ledger, "nightjar-propensity-reply", "promote", None, counts_from=night, decided_by="bo")
    assert read_verdicts(ledger, NAME) == [first]
    assert [each.decided_by for each in read_verdicts(ledger)] == ["anna", "bo"]
    assert "pinned in a rollback by anna" in first.words and first.words.endswith(": bounces")


NEWEST = version(3, 0)


@pytest.mark.parametrize(
    ("day", "outcomes", "features", "parameters", "drift", "told"),
    [
        (3, 100, "f", "p", "", ""),
        (7, 100, "f", "p", "", "7 days since version 3"),
        (3, 150, "f", "p", "", "150 outcomes are known, 100 were at version 3"),
        (3, 100, "other", "p", "", "other features than those of version 3"),
        (3, 100, "f", "other", "", "the policy or the way of training changed since version 3"),
        (3, 100, "f", "p", "clicks (PSI 0.4)", "drift since version 3: clicks (PSI 0.4)"),
    ],
)
def test_why_a_model_is_trained_again(  # noqa: PLR0917
    day: int, outcomes: int, features: str, parameters: str, drift: str, told: str
) -> None:
    present = Present(DAY + timedelta(days=day), Evidence(outcomes, {}, ""), features, parameters)
    assert why_train(NEWEST, present, 7, lambda _: drift) == told
    assert why_train(None, present, 7, lambda _: drift) == "first training"
