"""Conditions mean what they say, and nothing else gets through: SQL is written from the tree, over known columns."""

import re
from pathlib import Path

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.columns import COLUMNS
from policy.condition_sql import render_condition
from policy.condition_tree import ConditionError
from policy.conditions import Condition, columns_with_traits, condition_id, condition_sql, conditions_of
from policy.loading import PolicyError, load_policy
from policy.schema import Policy
from tests.policy.test_loading import GOOD, written

ROOT = Path(__file__).resolve().parents[2]
TRAITS = (("plan", "category"), ("seats", "number"))

# Whoever is asked about in these tests: what the relations of the conditions hold of one contact.
RELATIONS = """
    (select 3 as count_reply_30d, cast(null as integer) as days_since_reply, 'DE' as country_code, true as has_phone,
        cast(null as boolean) as has_fallen_back, 5::bigint as payments_cents, 0 as count_payments) as features,
    (select 'VP of 100% "Sales"' as title, cast(null as varchar) as state, 'O''Hara' as city) as contacts,
    (select 'mql' as stage) as current_stages,
    (select 9223372036854775807 as count_employees) as accounts,
    (select 'pro' as trait_plan, 12.0::double as trait_seats) as traits"""


def holds(condition: str) -> bool | None:
    (row,) = duckdb.sql(f"select {condition_sql(condition, TRAITS)} from {RELATIONS}").fetchall()
    return row[0]


def refused(condition: str) -> ConditionError:
    with pytest.raises(ConditionError) as caught:
        render_condition(condition, columns_with_traits(TRAITS))
    return caught.value


def test_the_columns_are_those_of_the_contract() -> None:
    models = yaml.safe_load((ROOT / "dbt/models/features/_models.yml").read_text())["models"]
    (features,) = (model for model in models if model["name"] == "contact_features")
    kinds = {"varchar": "text", "boolean": "boolean", "integer": "number", "double": "number"}
    keys = {"contact_id", "account_id", "as_of_date", "traits"}
    contract = {each["name"]: kinds[each["data_type"]] for each in features["columns"] if each["name"] not in keys}
    assert contract == {name: COLUMNS[name].kind for name in contract}
    assert {each.name for each in COLUMNS.values() if each.source == "features"} <= set(contract)


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("contact_stage in ('mql', 'sal') and country_code = 'DE'", True),
        ("contact_stage not in ('mql') or not country_code = 'DE'", False),
        ("not (contact_stage = 'mql' or country_code = 'FR') and has_phone", False),
        ("days_since_reply > 30", None),
        ("not days_since_reply > 30", None),
        ("coalesce(days_since_reply, 999) > 30", True),
        ("days_since_reply is null and country_code is not null", True),
        ("has_fallen_back is false", False),
        ("has_fallen_back is not true", True),
        ("count_reply_30d between 2 and 3 and count_reply_30d * 2 - 1 = 5", True),
        ("payments_cents / count_payments > 1", None),
        ("count_employees * 999999999999999 > 1", True),
        ("-count_reply_30d < -2.5", True),
        ("ends_with(title, '\"Sales\"') and starts_with(lower(title), 'vp') and contains(title, 'of')", True),
        ("title ilike 'vp%' and title not like 'vp%'", True),
        ("city = 'O''Hara' and length(city) = 6 and upper(trim(city)) = 'O''HARA'", True),
        ("trait_plan = 'pro' and trait_seats >= 12", True),
        ("Count_Reply_30d = 3 -- 4".partition(" --")[0], True),
    ],
)
def test_a_condition_means_what_it_says(condition: str, is_true: bool | None) -> None:
    assert holds(condition) is is_true


@pytest.mark.parametrize(
    ("condition", "message", "character"),
    [
        ("contry_code = 'DE'", "no column 'contry_code'; did you mean 'country_code'?", 1),
        ("has_phone and country_code = \"DE\"", "text goes in single quotes: 'DE'", 30),
        ("country_code = 'de'", "two capital letters", 16),
        ("contact_stage = 'customr'", "did you mean 'customer'?", 17),
        ("count_reply_30d >= '3'", "count_reply_30d is a number and '3' text; they can't be compared", 20),
        ("title = 3 and has_phone", "can't be compared", 9),
        ("has_phone and count_reply_30d", "count_reply_30d is a number; here true or false is needed", 15),
        ("count_reply_30d", "is a number, not a condition", 1),
        ("title = null", "write `is null`", None),
        ("trait_seat > 3", "did you mean 'trait_seats'?", 1),
        ("has_phone > false", "can't be compared by >", 1),
        ("count_reply_30d in (has_phone)", "only text and numbers", 21),
        ("contact_stage = 'mql' and", "can't be understood", 23),
        ("title = 'open", "is a quote open?", None),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_place_and_remedy(condition: str, message: str, character: int | None) -> None:
    error = refused(condition)
    assert message in error.message
    assert error.character == character


HOSTILE = [
    "true; drop table core.contacts", "title = '' or 1=1; --", "title = 'a' -- and has_phone", "title = /* */ 'a'",
    "read_csv('/etc/passwd') = 'x'", "title in (select email from core.contacts)", "exists (select 1)",
    "(select count(*) from core.contacts) > 0", "title = getenv('HOME')", "cast(title as integer) = 3",
    "title::int = 3", "contacts.email = 'x'", "core.contacts.email = 'x'", "email = 'x'", "contact_id = 'c1'",
    "features.title = 'x'", "title = 'a\\' or 1=1", "title = E'a'", "title = $$a$$", "{{ run_query('x') }} = 1",
    "{% set x = 1 %} has_phone", "title = '\u202e'", "title = 'a\x00b'", "\u0441ity = 'x'", "\uff11 = 1",
    "city\u200b = 'x'", "count_reply_30d = 1e999", "count_reply_30d = 99999999999999999999",
    "count_reply_30d = 0x1F", "title like '%a%a%a%a%a%a%a%a'", "title similar to '(a+)+'", "title ~ '(a+)+$'",
    "regexp_matches(title, '(a+)+')", "title like 'a' escape 'b'", "title like any ('a', 'b')", "title || 'x' = 'y'",
    "title[1] = 'x'", "random() < 0.5", "current_date > '2020-01-01'", "case when has_phone then true end",
    "count(*) > 1", "sum(count_reply_30d) over () > 1", "title collate nocase = 'x'",
    "trim(both 'x' from title) = 'a'", "lambda x: x", "x -> y", "* = 1", "? = 1", ":a = 1", "@a = 1",
    "interval 1 day = 1", "(has_phone, has_phone)", "has_phone as x", "has_phone limit 1", "not", "", " ", "(", "'",
    "has_phone union select 1", "count_reply_30d between symmetric 1 and 3", "count_reply_30d & 1 = 1",
    "a.b.c.d.e = 1", "(" * 10_000 + "has_phone" + ")" * 10_000, "(" * 900 + "has_phone" + ")" * 900,
    "not " * 450 + "has_phone", "- " * 590 + "1 = 1", " or ".join(["has_phone"] * 160),
    "title in (" + ",".join(["'a'"] * 400) + ")", "[" * 500, "title = '" + "a" * 3_000 + "'", "case " * 300,
    "coalesce(" * 190,
]  # fmt: skip


@pytest.mark.parametrize("condition", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_what_is_hostile_is_refused(condition: str) -> None:
    assert refused(condition).message


# What may stand in SQL that was made: quoted text, documented columns, numbers as doubles, and these words and signs.
WORDS = "and|or|not|in|between|like|is|null|true|false|cast|as|double|nullif|coalesce|lower|upper|trim|length|abs"
SAFE = re.compile(rf"(?:'(?:[^'\\]|'')*'|[a-z_]+\.[a-z0-9_]+|[0-9]+(?:\.[0-9]+)?e0|\b(?:{WORDS})\b|[-+*/()=<>, ])*")
PIECES = st.sampled_from(
    [
        "title", "city", "has_phone", "count_reply_30d", "days_since_reply", "trait_plan", "'DE'", "'O''Hara'", "3",
        "2.5", "and", "or", "not", "=", "<>", "<", ">=", "(", ")", ",", "in", "between", "like", "is", "null",
        "true", "-", "+", "/", "*", "lower", "coalesce", "contains", "'", '"', ";", "--", "/*", "*/", "select",
        "from", "::", "\\", "{{", "case", "when", "end", "%", "||", ".", "[", "]", "cast", "e0", "\n", "'x'", "@",
        "$", "~", "?", "union",
    ]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=12).map(" ".join) | st.text(max_size=40))
def test_any_text_is_refused_or_becomes_safe_sql_that_runs(text: str) -> None:
    try:
        sql = render_condition(text, columns_with_traits(TRAITS))
    except ConditionError:
        return
    assert SAFE.fullmatch(sql), sql
    assert holds(text) in (True, False, None)


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(exclude_categories=("C",), exclude_characters="\\"), max_size=30))
def test_quoted_text_is_only_ever_text(text: str) -> None:
    quoted = text.replace("'", "''")
    assert holds(f"city = '{quoted}'") is (text == "O'Hara")
    assert holds(f"'{quoted}' = '{quoted}'") is True


def test_a_policy_is_told_where_its_condition_is_wrong(tmp_path: Path) -> None:
    wrong = GOOD + "    who: \"contact_stage = 'mql' and trait_plan = 'pro'\"\n    suits: has_fone\n"
    with pytest.raises(PolicyError) as caught:
        load_policy(written(tmp_path, policy=wrong))
    assert caught.value.problems == [
        "policy.yml:22: actions[0].who: no column 'trait_plan'; docs/policy.md lists what a condition can ask "
        "(character 27 of the condition)",
        "policy.yml:23: actions[0].suits: no column 'has_fone'; did you mean 'has_phone'? "
        "(character 1 of the condition)",
    ]
    with pytest.raises(PolicyError, match="must be text"):
        load_policy(written(tmp_path, policy=GOOD + "    who: 3\n"))


def test_conditions_are_rows_with_their_sql(tmp_path: Path) -> None:
    policy: Policy = load_policy(written(tmp_path, policy=GOOD + "    who: has_phone\n"))
    assert policy.tables()["policy_conditions"].rows() == [
        ("actions:mail:who", "actions", "mail", "who", "has_phone", "features.has_phone")
    ]
    (placed,) = conditions_of(policy)
    assert placed.place == ("actions", 0, "who")
    assert isinstance(policy.actions[0].who, Condition)


def test_an_id_is_safe_in_sql_whatever_the_name() -> None:
    assert condition_id("volumes", "dach_calls") == "volumes:dach_calls:who"
    assert re.fullmatch("volumes:[0-9a-f]{12}:who", condition_id("volumes", "O'Brien's; drop table x"))
