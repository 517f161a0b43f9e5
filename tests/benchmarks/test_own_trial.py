"""A trial of one's own becomes exports and a policy that mean the same; what can't be read is refused by name."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.learning.own.trial_exports import write_exports, write_policy
from benchmarks.learning.own.trial_table import TrialError, TrialTable, make_trial
from policy.loading import load_policy

PEOPLE = pl.DataFrame({
    "Offer": ["A 1", "B", "nothing", "nothing"] * 25,
    "bought": [1, 0, 0, 1] * 25,
    "Age": list(range(100)),
    "Town": ["x", None, "y", "z"] * 25,
    "spent": [5.0] * 100,
})  # fmt: skip


def trial() -> TrialTable:
    return make_trial(PEOPLE, "Offer", "bought", "nothing", left_out=("spent",), seed=1)


def test_columns_become_traits_and_shares_become_probabilities() -> None:
    made = trial()
    assert made.actions == ("none", "a_1", "b")
    assert [(trait.name, trait.kind) for trait in made.traits] == [("trait_age", "number"), ("trait_town", "category")]
    by_action = dict(made.frame.select("action", "probability").unique().iter_rows())
    assert by_action == {"none": 0.5, "a_1": 0.25, "b": 0.25}
    assert len(made.training) == len(made.test) == 50


def test_exports_tell_the_training_part_alone_and_the_policy_is_valid(tmp_path: Path) -> None:
    made = trial()
    write_exports(made, tmp_path / "exports")
    write_policy(made, tmp_path / "policy", share_acted=0.3)
    policy = load_policy(tmp_path / "policy")
    assert [action.action_id for action in policy.actions] == ["a_1", "b"]
    assert policy.channels[0].daily_volume == 30
    assignments = pl.read_csv(tmp_path / "exports" / "experiment" / "assignment" / "export.csv")
    pages = pl.read_csv(tmp_path / "exports" / "segment" / "pages" / "export.csv")
    assert set(assignments["id"]) == set(made.training["id"])
    assert len(pages) == made.training["outcome"].sum()


@pytest.mark.parametrize(
    ("treatment", "outcome", "control", "says"),
    [
        ("offer", "bought", "nothing", "no column 'offer'"),
        ("Offer", "bought", "none", "no one got 'none'"),
        ("Offer", "spent", "nothing", "'spent' must be 0 or 1"),
    ],
)
def test_what_is_no_trial_is_refused(treatment: str, outcome: str, control: str, says: str) -> None:
    with pytest.raises(TrialError, match=says):
        make_trial(PEOPLE, treatment, outcome, control)
