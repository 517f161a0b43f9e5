"""`nightjar explain --between` shows what leads from one record to another, and what was cut."""

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from dagster_project import cli
from dagster_project.commands import console
from models.edge_paths import strongest_path

WAREHOUSE = """
create schema core; create schema identity;
create table core.contacts as select * from (values ('C1'), ('C2')) as people(contact_id);
create table identity.emails as select 'C1' as contact_id, 'ada@acme.com' as email_normalised;
create table identity.contact_merges as select 'C0' as old_contact_id, 'C1' as contact_id;
create table identity.contact_id_map as
    select *, 'email' as match_rule, 1.0 as match_score from (values
        ('salesforce', 'contact', 'S1', 'C1'), ('salesforce', 'lead', 'L1', 'C1'), ('hubspot', 'contact', '7', 'C1'),
        ('segment', 'user', '7', 'C1'), ('hubspot', 'contact', '8', 'C2'))
    as records(source, object, source_id, contact_id);
create table identity.edges as select * from (values
    ('salesforce|contact|S1', 'salesforce|lead|L1', 'converted_lead', 1.0, true, null, false, null),
    ('hubspot|contact|7', 'salesforce|contact|S1', 'phone', 0.9, false, '+4930', false, null),
    ('hubspot|contact|7', 'segment|user|7', 'web_email', 0.97, false, 'ada@acme.com', false, null),
    ('salesforce|lead|L1', 'segment|user|7', 'email', 0.98, false, 'ada@acme.com', false, null),
    ('hubspot|contact|8', 'salesforce|contact|S1', 'phone', 0.9, false, '+4930', true, 'other_first_name: a and b'))
    as edges(left_record, right_record, match_rule, match_score, is_fact, evidence, is_cut, cut_reason);
create table identity.int_contact_components as
    select distinct unnest([left_record, right_record]) as record_key, 0 as component from identity.edges
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(console.out, "_width", 200)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        for statement in WAREHOUSE.split(";"):
            connection.sql(statement)
    return tmp_path


def explain(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.app, ["explain", "C1", "--home", str(home), *words])


def test_the_path_is_the_one_whose_weakest_edge_is_strongest(home: Path) -> None:
    result = explain(home, "--between", "hubspot/contact/7", "S1", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert [(step["to_record"], step["match_rule"]) for step in told["path"]] == [
        ("segment|user|7", "web_email"), ("salesforce|lead|L1", "email"), ("salesforce|contact|S1", "converted_lead"),
    ]  # fmt: skip
    assert [edge["left_record"] for edge in told["cut_edges"]] == ["hubspot|contact|8"]


def test_records_of_two_contacts_show_what_was_cut(home: Path) -> None:
    result = explain(home, "--between", "S1", "hubspot|contact|8")
    assert result.exit_code == 0, result.output
    assert "two contacts, C1 and C2: what would have joined them was cut" in result.output
    assert "other_first_name: a and b" in result.output


@pytest.mark.parametrize(
    ("words", "said"), [(("7", "S1"), "several records"), (("S1", "nobody"), "no live record 'nobody'")]
)
def test_a_word_that_names_no_record_or_several_is_an_error(home: Path, words: tuple[str, str], said: str) -> None:
    result = explain(home, "--between", *words)
    assert (result.exit_code, said in result.output, "Traceback" in result.output) == (1, True, False)


def test_no_edge_no_path(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        edges = connection.sql("from identity.edges").pl()
    assert strongest_path(edges.filter(match_rule="phone"), "segment|user|7", "salesforce|contact|S1") == ()
    assert strongest_path(edges, "segment|user|7", "segment|user|7") == ()
