"""When somebody was at which company, from dated evidence that names several."""

from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.job_changes import PERIODS, Evidence, membership_periods, moves

START = datetime.fromisoformat("2025-01-01")
KINDS = ["salesforce_account", "email_domain", "mail_engagement", "login", "bounce"]


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def stays(*events: tuple[str, int, str]) -> list[tuple[str, int]]:
    """Company and day from which on somebody was there."""
    begun = moves(Evidence(account, day(number), kind) for account, number, kind in events)
    return [(stay.account_id, (stay.seen_at - START).days) for stay in begun]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("old", 0, "salesforce_account"), ("new", 9, "email_domain")], [("old", 0), ("new", 9)]),
        ([("old", 0, "salesforce_account"), ("new", 9, "login")], [("old", 0), ("new", 9)]),
        (
            [("old", 0, "email_domain"), ("new", 5, "email_domain"), ("old", 9, "mail_engagement")],
            [("old", 0), ("new", 5)],
        ),
        (
            [("old", 0, "email_domain"), ("new", 5, "email_domain"), ("old", 100, "mail_engagement")],
            [("old", 0), ("new", 5), ("old", 100)],
        ),
        (
            [
                ("old", 0, "email_domain"),
                ("new", 5, "email_domain"),
                ("new", 80, "login"),
                ("old", 100, "mail_engagement"),
            ],
            [("old", 0), ("new", 5)],
        ),
        (
            [("old", 0, "email_domain"), ("new", 5, "email_domain"), ("new", 9, "bounce")],
            [("old", 0), ("new", 5), ("old", 9)],
        ),
        ([("old", 0, "email_domain"), ("old", 5, "bounce"), ("new", 9, "email_domain")], [("old", 0), ("new", 9)]),
        ([("old", 0, "email_domain"), ("new", 3, "email_domain"), ("old", 5, "bounce")], [("old", 0), ("new", 3)]),
        ([("weak", 0, "email_domain"), ("strong", 0, "salesforce_account")], [("strong", 0)]),
        ([("one", 0, "bounce"), ("one", 1, "email_domain")], [("one", 1)]),
    ],
)
def test_recent_dated_evidence_wins(events: list[tuple[str, int, str]], expected: list[tuple[str, int]]) -> None:
    assert stays(*events) == expected


events = st.lists(
    st.tuples(
        st.sampled_from(["p", "q"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 400),
        st.sampled_from(KINDS),
        st.integers(0, 2),
    ),
    max_size=14,
)


def frame(rows: list[tuple[str, str, int, str, int]]) -> pl.DataFrame:
    columns = {
        "contact_id": pl.String,
        "account_id": pl.String,
        "days": pl.Int64,
        "evidence": pl.String,
        "precedence": pl.Int64,
    }
    days = pl.lit(START) + pl.duration(days="days")
    return pl.DataFrame(rows, columns, orient="row").with_columns(seen_at=days.cast(pl.Datetime("us")))


@given(rows=events, order=st.randoms(use_true_random=False))
def test_periods_follow_one_another_whatever_the_order_of_rows(
    rows: list[tuple[str, str, int, str, int]], order: object
) -> None:
    periods = membership_periods(frame(rows))
    assert periods.schema == PERIODS
    shuffled = list(rows)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert membership_periods(frame(shuffled)).equals(periods)
    for _, theirs in periods.group_by("contact_id", maintain_order=True):
        assert theirs["valid_from"][0] is None and theirs["valid_until"][-1] is None
        assert theirs["valid_until"][:-1].equals(theirs["valid_from"][1:], null_equal=True)
        assert theirs["evidence_at"].is_sorted() and theirs["evidence_at"].is_unique().all()
        accounts = theirs["account_id"].to_list()
        assert all(one != other for one, other in pairwise(accounts))


@given(rows=events)
def test_a_claim_at_the_end_is_where_the_person_is(rows: list[tuple[str, str, int, str, int]]) -> None:
    claims = [("p", "old", 0, "email_domain", 0), *rows, ("p", "new", 401, "salesforce_account", 0)]
    mine = membership_periods(frame(claims)).filter(contact_id="p")
    assert mine["account_id"][-1] == "new"


@given(rows=events)
def test_later_evidence_for_where_somebody_is_changes_no_earlier_period(
    rows: list[tuple[str, str, int, str, int]],
) -> None:
    before = membership_periods(frame(rows)).filter(contact_id="p")
    if before.is_empty():
        return
    present = before["account_id"][-1]
    after = membership_periods(frame([*rows, ("p", present, 401, "login", 0)])).filter(contact_id="p")
    assert after.equals(before)
