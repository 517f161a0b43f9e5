"""The suite at the raw border: what must hold for an object's rows before anything is built on them.

It looks at a profile, one row that the warehouse computes, so that it costs the same for ten rows and for ten million.
"""

from datetime import date, datetime, time, timedelta

import great_expectations.expectations as gxe
from great_expectations.core import ExpectationSuite

from expectations.validation import state, suite_of

# Statements that a night can't go on without.
BLOCKING = ("keys_are_not_null", "keys_are_unique")
# Statements that a person should look at.
TOLD = ("rows_were_read", "no_row_is_from_the_future", "rejected_share_is_within_limit")
STATEMENTS = (*BLOCKING, *TOLD)
# Clocks differ; a day more is no error.
GRACE = timedelta(days=1)


def raw_suite(name: str, run_date: date, reject_limit: float, has_files: bool) -> ExpectationSuite:
    """The suite for one object's profile.

    The profile is one row with these columns: count_rows, count_null_keys, count_repeated_keys (keys on more than one
    row), newest_at (UTC; null when unknown), rejected_share (0 to 1).

    Args:
        name: the object.
        run_date: the night; rows may be dated up to the end of that day.
        reject_limit: greatest share of bad rows.
        has_files: whether any file of the object was ever read. An object that nobody exports may be empty.
    """
    latest = datetime.combine(run_date, time()) + GRACE
    return suite_of(
        name,
        [
            state("keys_are_not_null", gxe.ExpectColumnMaxToBeBetween(column="count_null_keys", max_value=0)),
            state("keys_are_unique", gxe.ExpectColumnMaxToBeBetween(column="count_repeated_keys", max_value=0)),
            state("rows_were_read", gxe.ExpectColumnMinToBeBetween(column="count_rows", min_value=int(has_files))),
            state(
                "no_row_is_from_the_future",
                gxe.ExpectColumnValuesToBeBetween(column="newest_at", max_value=latest),
            ),
            state(
                "rejected_share_is_within_limit",
                gxe.ExpectColumnMaxToBeBetween(column="rejected_share", max_value=reject_limit),
            ),
        ],
    )
