"""What must be true of the activation tables before anything leaves: statements, judged by Great Expectations.

A table may be empty only if the night's decisions have nothing for it: the totals compare rows with decisions.
"""

from dataclasses import dataclass

import duckdb
import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations import activation_frames as frames
from expectations.validation import Outcome, state, statement_of, suite_of, validate

EMAIL = r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}$"
CONTENT_TABLES = (
    "ad_audience_members", "automation_exclusions", "contact_scores", "crm_tasks", "direct_mail", "email_sends",
    "push_sends", "sms_sends", "suppressions",
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A query over the warehouse and what must be true of its rows; `key` is the column that names a row."""

    sql: str
    key: str
    expectations: tuple[Expectation, ...]


def check_activation(connection: duckdb.DuckDBPyConnection, table: str) -> list[Outcome]:
    """One outcome per statement about an activation table."""
    outcomes = []
    for frame in FRAMES[table]:
        rows = connection.sql(frame.sql).df()
        outcomes += validate(rows, suite_of(f"activation.{table}", frame.expectations), key=frame.key)
    return outcomes


def statements(table: str) -> list[str]:
    """The names of the statements about an activation table."""
    return [statement_of(expectation) for frame in FRAMES[table] for expectation in frame.expectations]


def _always(name: str, flag: str) -> Expectation:
    return state(name, gxe.ExpectColumnValuesToBeInSet(column=flag, value_set=[True]))


def _never(name: str, flag: str) -> Expectation:
    return state(name, gxe.ExpectColumnValuesToBeInSet(column=flag, value_set=[False]))


def _present(name: str, column: str) -> Expectation:
    return state(name, gxe.ExpectColumnValuesToNotBeNull(column=column))


def _at_most(name: str, used: str, most: str | float) -> Expectation:
    """At most a number, or another column of the row; a limit that is null permits everything."""
    if not isinstance(most, str):
        return state(name, gxe.ExpectColumnValuesToBeBetween(column=used, max_value=most))
    pair = gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=most, column_B=used, or_equal=True, ignore_row_if="either_value_is_missing"
    )
    return state(name, pair)


def _equal(name: str, one: str, other: str) -> Expectation:
    return state(name, gxe.ExpectColumnPairValuesToBeEqual(column_A=one, column_B=other))


def _keys(key: str) -> tuple[Expectation, ...]:
    unique = state("no_key_is_there_twice", gxe.ExpectColumnValuesToBeUnique(column=key))
    return _present("every_row_has_a_key", key), unique


DECIDED = (
    _always("every_row_is_a_released_decision_of_the_night", "is_as_decided"),
    state(
        "no_contact_of_holdout_or_business_as_usual_is_acted_on",
        gxe.ExpectColumnValuesToBeInSet(column="arm", value_set=["model", "random_control"]),
    ),
    _never("no_suppressed_contact_is_sent", "is_suppressed"),
    _always("every_contact_has_a_consent_valid_on_the_day", "has_consent"),
)
ONE_MESSAGE = _at_most("no_contact_gets_two_messages", "count_messages", 1)


def _totals(table: str, belongs: str) -> Frame:
    expectations = (
        _at_most("every_released_decision_is_a_row", "count_missing", 0),
        _at_most("no_channel_exceeds_its_volume", "count_above_volume", 0),
        _at_most("no_channel_exceeds_its_budget", "cents_above_budget", 0.5),
    )
    return Frame(frames.totals(table, belongs), "table_name", expectations)


def _belongs(consent_channel: str) -> str:
    return f"decisions.consent_channel = '{consent_channel}' and not decisions.is_seller_action"


def _sends(table: str, consent_channel: str, *addresses: Expectation) -> tuple[Frame, ...]:
    expectations = (
        *_keys("decision_id"),
        *DECIDED,
        ONE_MESSAGE,
        _always("every_message_leaves_within_its_window_of_the_night", "is_within_window"),
        _never("no_message_leaves_in_quiet_hours", "is_in_quiet_hours"),
        *addresses,
    )
    rows = Frame(frames.sends(table, _belongs(consent_channel)), "decision_id", expectations)
    hours = Frame(
        frames.hour_loads(table),
        "channel_hour",
        (_at_most("no_hour_gets_more_than_its_volume", "count_messages", "hourly_volume"),),
    )
    return rows, _totals(table, _belongs(consent_channel)), hours


def _dated(table: str, belongs: str, *more: Expectation) -> tuple[Frame, ...]:
    expectations = (
        *_keys("decision_id"),
        *DECIDED,
        ONE_MESSAGE,
        _always("everything_is_due_within_the_week", "is_due_soon"),
        *more,
    )
    return Frame(frames.dated(table, belongs), "decision_id", expectations), _totals(table, belongs)


FRAMES: dict[str, tuple[Frame, ...]] = {
    "email_sends": (
        *_sends(
            "email_sends",
            "email",
            _present("every_message_has_an_address", "email"),
            state("every_address_looks_like_one", gxe.ExpectColumnValuesToMatchRegex(column="email", regex=EMAIL)),
        ),
        Frame(
            frames.ACCOUNT_LOADS,
            "account_id",
            (_at_most("no_account_gets_more_than_its_daily_cap", "count_contacts", "account_daily_cap"),),
        ),
    ),
    "sms_sends": _sends("sms_sends", "sms", _present("every_message_has_an_address", "phone_e164")),
    "push_sends": _sends("push_sends", "push"),
    "direct_mail": _dated("direct_mail", _belongs("post"), _present("every_letter_has_an_address", "postal_code")),
    "crm_tasks": (
        *_dated(
            "crm_tasks",
            "decisions.is_seller_action or decisions.consent_channel = 'phone'",
            _present("every_task_has_an_owner", "owner_id"),
            _present("every_task_has_a_subject", "subject"),
        ),
        Frame(
            frames.OWNER_LOADS,
            "owner_id",
            (_at_most("no_owner_gets_more_tasks_than_a_day_has_room_for", "count_tasks", "capacity"),),
        ),
    ),
    "ad_audience_members": (
        Frame(
            frames.audience_members(),
            "member_key",
            (
                *_keys("member_key"),
                *DECIDED,
                _always("every_hash_is_64_lower_hex", "are_hashes_well_formed"),
                _always("every_member_has_an_address", "is_matchable"),
                state(
                    "every_platform_is_known",
                    gxe.ExpectColumnValuesToBeInSet(
                        column="platform", value_set=["google", "meta", "linkedin", "tiktok"]
                    ),
                ),
            ),
        ),
        _totals("ad_audience_members", "decisions.action_id in (select action_id from raw.policy_audiences)"),
    ),
    "suppressions": (
        Frame(
            frames.SUPPRESSIONS,
            "suppression_key",
            (
                *_keys("suppression_key"),
                _present("every_suppression_names_its_channel", "channel"),
                _present("every_suppression_names_its_reason", "reason"),
                _present("every_suppression_names_whom", "whom"),
            ),
        ),
        Frame(
            frames.SUPPRESSION_TOTALS, "table_name", (_at_most("no_known_suppression_is_missing", "count_missing", 0),)
        ),
    ),
    "automation_exclusions": (
        Frame(
            frames.EXCLUSION_TOTALS,
            "table_name",
            (
                _at_most("no_exclusion_is_there_twice", "count_repeated", 0),
                _at_most("everybody_outside_business_as_usual_is_kept_from_the_old_rules", "count_missing", 0),
                _at_most("nobody_of_business_as_usual_alone_is_kept_from_the_old_rules", "count_wrong", 0),
            ),
        ),
    ),
    "contact_scores": (
        Frame(
            frames.SCORES,
            "contact_id",
            (
                *_keys("contact_id"),
                _always("every_score_is_of_a_known_contact", "is_contact"),
                _never("no_contact_is_managed_against_its_arm", "is_managed_against_its_arm"),
                _never("no_contact_is_profiled_after_an_objection", "is_profiled_after_objection"),
                _never("every_score_is_a_number", "has_no_number"),
            ),
        ),
        Frame(frames.SCORE_TOTALS, "table_name", (_never("the_scores_are_empty_only_without_contacts", "is_lost"),)),
    ),
    "changes": (
        Frame(
            frames.CHANGES,
            "change_key",
            (
                *_keys("change_key"),
                state(
                    "every_change_is_added_changed_or_removed",
                    gxe.ExpectColumnValuesToBeInSet(column="op", value_set=["added", "changed", "removed"]),
                ),
            ),
        ),
        Frame(
            frames.fingerprint_totals(CONTENT_TABLES),
            "table_name",
            (
                _equal("every_row_has_a_fingerprint", "count_rows", "count_fingerprints"),
                _equal("the_changes_explain_the_difference_to_what_is_published", "count_rows", "count_explained"),
            ),
        ),
    ),
}
