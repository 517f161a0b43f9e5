"""Volumes: what they count, and which mistakes in them are told."""

from pathlib import Path

import pytest

from policy.loading import PolicyError, load_policy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in (ROOT / "policy").glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text())
    return tmp_path


def test_a_volume_counts_listed_actions_and_all_of_its_channels(folder):
    (folder / "volumes.yml").write_text(
        "volumes:\n"
        "  - {name: paid, actions: [email_case_study], channels: [ads], maximum_cents: 9, who: country_code = 'DE'}\n"
        "  - {name: everything, minimum: 5}\n"
    )
    policy = load_policy(folder)
    tables = policy.tables()
    assert tables["policy_volumes"].rows() == [
        ("paid", None, None, 9, "volumes:paid:who"),
        ("everything", 5, None, None, None),
    ]
    counted = tables["policy_volume_actions"].rows()
    assert [action for name, action in counted if name == "paid"] == ["email_case_study", "ads_nurture"]
    assert len([action for name, action in counted if name == "everything"]) == len(policy.actions)


@pytest.mark.parametrize(
    ("volume", "told"),
    {
        "nothing": ("{name: a}", "bounds nothing; give one of: minimum, maximum, maximum_cents"),
        "an unknown action": ("{name: a, maximum: 3, actions: [call]}", "no action 'call'"),
        "an unknown channel": ("{name: a, maximum: 3, channels: [mail]}", "no channel 'mail'; did you mean 'email'?"),
        "too much": ("{name: a, minimum: 3, maximum: 2}", "is above the maximum, 2"),
        "too dear": ("{name: a, minimum: 3, channels: [ads], maximum_cents: 100}", "costs 180 cents at least"),
        "more than its channel": ("{name: a, minimum: 20001, channels: [email]}", "above the daily_volume of its"),
        "a wrong condition": ("{name: a, maximum: 3, who: industri = 'x'}", "industri"),
    }.values(),
)
def test_mistakes_are_told_with_their_line(folder, volume, told):
    (folder / "volumes.yml").write_text(f"volumes:\n  - {volume}\n")
    with pytest.raises(PolicyError, match=r"volumes\.yml:2") as caught:
        load_policy(folder)
    assert told in str(caught.value)
