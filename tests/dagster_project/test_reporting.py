"""The report says what the warehouse says, in one file, whatever is missing, and no more than an interval allows."""

import html
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from report_warehouse import NIGHT, make_warehouse

from dagster_project.reporting import words
from dagster_project.reporting.page import render, write_report
from dagster_project.reporting.reading import read_report

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use"}


class Outline(HTMLParser):
    """Checks that tags nest, and collects ids, anchors and whatever would load something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "xlink:href"):
                (self.anchors if value and value.startswith("#") else self.loaded).append(value or "")
            elif name in ("src", "srcset", "data", "action"):
                self.loaded.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    return make_warehouse()


@pytest.fixture(scope="module")
def page(warehouse: duckdb.DuckDBPyConnection) -> str:
    return render(read_report(warehouse, NIGHT))


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    sql = "select table_schema || '.' || table_name from information_schema.tables order by 1"
    return [name for (name,) in connection.sql(sql).fetchall()]


def test_the_page_is_whole_and_needs_nothing_from_outside(page: str) -> None:
    outline = Outline()
    outline.feed(page)
    assert outline.open == [] and outline.loaded == []
    assert "<script" not in page and "@import" not in page and not re.search(r"url\((?!#)", page)
    assert [name for name, times in Counter(outline.ids).items() if times > 1] == []
    assert {anchor[1:] for anchor in outline.anchors} <= set(outline.ids)


def test_the_page_says_what_the_warehouse_says(page: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    acted = warehouse.sql("select count(*) from decisioning.next_best_action where action_id is not null").fetchall()
    assert f"{acted[0][0]:,} of 5,000 contacts get an action tonight" in page
    assert "Thursday, 12 March 2026" in page and "9f3c12ab77e0" in page
    assert "+$2.12 to +$20.08" in page and "Lift over the holdout is proven" in page
    assert "−4.10 to +3.70" in page and "not told apart yet" in page and "too few outcomes to tell" in page
    assert "No sample ratio mismatch" in page
    assert "No outcome in any arm yet: Win." in page
    assert "3 outcomes, 25 are needed" in page and "Calls and touches by Ada Berg" in page
    assert "Nothing exported, so what is built on it is empty: salesforce/product 2." in page
    assert "001X" in page
    assert (
        "Watching the models: propensity for win is not used tonight, 1 finding asks for a person's look."
        in html.unescape(page)
    )
    assert "up to 0: 20.0 % then, 61.0 % now" in page and "12 randomised choices" not in page
    assert "effect 1 (1 can't be told yet)" in html.unescape(page)


def test_targets_what_waits_and_modes_to_change_are_told(warehouse: duckdb.DuckDBPyConnection) -> None:
    report = read_report(warehouse, NIGHT)
    (target,) = report.targets.rows
    assert (target.reached, target.target, target.pace, target.expected_per_night) == (11, 40, "behind", 1.1)
    assert [(row.mode, row.advised_mode) for row in report.advice.rows] == [("supervised", "autonomous")]
    (waiting,) = report.waiting.rows
    pending = "select count(*) from decisioning.next_best_action where approval_status = 'pending'"
    assert (waiting.reason, waiting.contacts) == ("high stakes", warehouse.execute(pending).fetchall()[0][0])
    assert "11<small>of 40</small>" in render(report)


def test_how_soon_sellers_answer_and_who_is_away_are_told(warehouse: duckdb.DuckDBPyConnection) -> None:
    report = read_report(warehouse, NIGHT)
    (speed,) = report.speed.rows
    assert (speed.hours, speed.in_time, speed.judged, speed.median_hours) == (4, 8, 11, 2.25)
    assert [(rep.name, rep.why) for rep in report.absent_reps.rows] == [("Ada Berg", "is away until 2026-03-20")]
    page = render(report)
    assert "8<small>of 11</small>" in page and "is away until 2026-03-20" in page


def test_the_same_warehouse_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [write_report(make_warehouse(), tmp_path / name, NIGHT) for name in ("one", "two")]
    assert paths[0] == tmp_path / "one" / "reports" / "2026-03-12.html"
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert [path.name for path in paths[0].parent.iterdir()] == ["2026-03-12.html"]


def test_without_any_table_the_page_says_so() -> None:
    page = render(read_report(duckdb.connect(), NIGHT))
    assert "There is no table decisioning.next_best_action" in page
    assert "Not known. (There is no table core.broken_references.)" in page
    assert "nothing to compare yet" in page and "This is the first night" in page


def test_any_table_may_be_empty_or_of_another_shape() -> None:
    connection = make_warehouse()
    for name in tables(connection):
        connection.execute(f"create or replace temp table kept as from {name}")
        connection.execute(f"create or replace table {name} as select 1 as other")
        read_report(connection, NIGHT)
        connection.execute(f"create or replace table {name} as from kept")
        connection.execute(f"delete from {name}")
        outline = Outline()
        outline.feed(render(read_report(connection, NIGHT)))
        assert outline.open == []
        connection.execute(f"create or replace table {name} as from kept")


def test_numbers_that_are_none_are_dashes() -> None:
    connection = make_warehouse()
    for table, column in (("measurement.lift", "low"), ("decisioning.models_in_use", "log_loss")):
        connection.execute(f"alter table {table} alter {column} type double")
        connection.execute(f"update {table} set {column} = 'nan'")
    connection.execute("update decisioning.action_scores set uplift = null, expected_value_cents = null")
    connection.execute("update decisioning.next_best_action set expected_value = null, propensity = null")
    page = render(read_report(connection, NIGHT))
    assert not re.search(r"\bnan\b", page, re.IGNORECASE) and "None" not in page


def test_people_are_masked_and_texts_escaped() -> None:
    connection = make_warehouse()
    connection.execute("update core.contacts set first_name = 'Annabel', last_name = 'Lindqvist'")
    connection.execute("update raw.policy_actions set name = '<script>alert(1)</script>'")
    page = render(read_report(connection, NIGHT))
    assert "A. L." in page and "Annabel" not in page and "Lindqvist" not in page
    assert "<script" not in page


def test_a_broken_split_is_called_out() -> None:
    connection = make_warehouse()
    connection.execute("update decisioning.arms set arm = 'model' where arm = 'holdout'")
    assert "Sample ratio mismatch" in render(read_report(connection, NIGHT))


def test_numbers_are_written_for_readers() -> None:
    assert words.money(123456) == "$1,235" and words.money(-250) == "−$2.50" and words.money(None) == "–"
    assert words.points(0.0123) == "+1.23 pp" and words.points(-0.002) == "−0.20 pp"
    assert words.gate_order(["eligible", "quiet_hours", "consent", "own_gate"]) == [
        "consent",
        "quiet_hours",
        "own_gate",
    ]


@pytest.mark.parametrize(("value", "shown"), [(0.012, "+1.2 %"), (-0.3, "−30.0 %"), (-0.0001, "0.0 %"), (None, "–")])
def test_a_change_is_told_with_its_sign(value: float | None, shown: str) -> None:
    assert words.change(value) == shown
