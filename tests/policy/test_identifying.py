"""What names a person can't become a feature; what describes one can."""

import re
from pathlib import Path

import pytest

from policy.identifying import what_it_names
from policy.loading import PolicyError, load_policy

POLICY = Path(__file__).parents[2] / "policy"


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("email", "address"), ("property_email_1", "address"), ("mobile_phone", "address"), ("last_ip", "address"),
        ("property_firstname", "name"), ("last_name", "name"), ("name", "name"), ("birthdate", "date of birth"),
        ("property_date_of_birth", "date of birth"), ("mailing_street", "address"), ("id", "number or id"),
        ("customer_number", "number or id"), ("anonymous_id", "number or id"), ("user_id", "number or id"),
    ],
)  # fmt: skip
def test_identifiers_are_told_by_their_columns_name(column: str, kind: str) -> None:
    assert what_it_names(column) == kind


@pytest.mark.parametrize(
    "column",
    ["plan", "seats", "department", "zip_code", "postal_code", "plan_name", "has_phone", "age", "contact", "housing",
     "number_of_employees", "campaign", "email_opt_in", "history_segment", "f12", "property_seats", "name_length"],
)  # fmt: skip
def test_what_describes_is_free(column: str) -> None:
    assert what_it_names(column) == ""


def test_the_policy_refuses_it_with_file_and_line(tmp_path: Path) -> None:
    for path in POLICY.glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text())
    traits = "traits:\n  - {trait: seats, source: hubspot__contact, source_column: property_seats, type: number}\n"
    refused = "  - trait: who\n    source: salesforce__contact\n    source_column: last_name\n    type: category\n"
    audiences = (tmp_path / "audiences.yml").read_text()
    kept = re.split(r"(?m)^traits:", audiences)[0]
    (tmp_path / "audiences.yml").write_text(kept + traits + refused)
    line = (kept + traits).count("\n") + 3
    with pytest.raises(
        PolicyError, match=rf"audiences\.yml:{line}: traits\[1\]\.source_column: 'last_name' names a person"
    ):
        load_policy(tmp_path)
