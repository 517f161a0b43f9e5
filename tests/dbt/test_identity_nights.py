"""Nights through dbt, each on a new warehouse: whom the CRM keeps apart parts, keys stay, the ledger says who left."""

import random
from pathlib import Path

import polars as pl
import pytest

from tests.dbt.identity_rows import Row, Rows, contact, hubspot, lead
from tests.dbt.warehouse import build_raw, dbt_build, query

DATES = ["2026-03-02", "2026-03-03", "2026-03-04"]
NEW_IN_LEDGER = {
    "ledger_contact_keys": "select * from identity.contact_keys_new",
    "ledger_account_keys": "select * from identity.account_keys_new",
    "ledger_merges": "select * from identity.merges_new",
    "ledger_splits": "select * from identity.splits_new",
}
MODELS = "+contact_id_map +contact_splits +edges +contact_keys_new +account_keys_new"


# One number, one name or nearly, and yet two people: what keeps them apart → their rows.
APART = {
    "numbered_address": (("jo.kim@acme.example", "Jo Kim"), ("jo.kim22@acme.example", "Jo Kim")),
    "other_generation": (("max.kern@acme.example", "Max Kern"), ("kern@home.example", "Max Kern Jr.")),
    "other_birth_date": ((None, "Ulf Ude"), (None, "Ulf Ude")),
}
NUMBERS = {rule: f"+4930123450{place}" for place, rule in enumerate(APART)}
BORN = {"other_birth_date": ("1950-05-01", "1981-05-01")}


def apart(rule: str, place: int) -> Row:
    email, name = APART[rule][place]
    born = {"birthdate": BORN[rule][place]} if rule in BORN else {}
    return contact(f"003{rule}{place}", email, name, phone=NUMBERS[rule], **born)


def rows_of(night: int) -> Rows:
    """The exports of a night; from the second on the CRM knows more."""
    later = night > 1
    return {
        "night": [{"run_date": DATES[night - 1]}],
        "salesforce__contact": [
            contact("003boss", "cole@acme.example", "Chris Cole"),
            contact("003report", "cole@acme.example", "Chris Cole", reports_to_id="003boss" if later else None),
            contact("003role1", "dorn@acme.example", "Dana Dorn"),
            contact("003role2", "dorn@acme.example", "Dana Dorn"),
            contact("003twice", "fay@acme.example", "Fay Foster"),
            contact("003again", "fay@acme.example", "Fay Foster", reports_to_id="003boss"),
            contact("003join", "join.new@acme.example", "Jo Joiner"),
            contact("003gone", "gone@acme.example", "Gil Gone", _is_deleted=later),
            contact("003eva", "eva@acme.example", "Eva Ernst"),
            *[apart(rule, place) for rule in APART for place in (0, 1)],
        ],
        "salesforce__lead": [
            lead("00Qbruno", "weber@home.example", "Bruno Weber"),
            lead("00Qfinn", "finn@acme.example", "Finn Fuchs"),
            lead(
                "00Qjoin", "join.old@acme.example", "Jo Joiner",
                **({"is_converted": True, "converted_contact_id": "003join"} if later else {}),
            ),
        ],
        "salesforce__opportunity_contact_role": [
            {"id": f"r{number}", "opportunity_id": "006", "contact_id": f"003role{number}"}
            for number in ([1, 2] if later else [1])
        ],
        "hubspot__contact": [
            hubspot("1", "weber@home.example", "Anna Weber"),
            hubspot("2", "eva@acme.example", property_hs_additional_emails="finn@acme.example"),
            hubspot("3", "new@acme.example", "Olga Ost"),
            hubspot("4", "old@acme.example", "Peter Pan"),
        ],
        "hubspot__contact_merge_audit": [{"canonical_vid": "3", "vid_to_merge": "4"}],
    }  # fmt: skip


def run_night(home: Path, rows: Rows, ledger: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The ledger after the night."""
    build_raw(home, {**rows, **ledger})
    dbt_build(home, MODELS)
    new = {table: query(home, sql) for table, sql in NEW_IN_LEDGER.items()}
    return {table: pl.concat([ledger[table], rows]) if table in ledger else rows for table, rows in new.items()}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two nights, and a third with the exports of the second; rows and ledger of the third are in another order."""
    homes = [tmp_path_factory.mktemp(f"night_{number}") for number in (1, 2, 3)]
    ledger = run_night(homes[1], rows_of(2), run_night(homes[0], rows_of(1), {}))
    order = random.Random(5)
    rows = {table: order.sample(list(more), len(more)) for table, more in rows_of(3).items()}
    run_night(
        homes[2], rows, {table: frame.sample(fraction=1, shuffle=True, seed=5) for table, frame in ledger.items()}
    )
    return homes


def contacts_of(home: Path) -> dict[str, str]:
    rows = query(home, "select source || '|' || object || '|' || source_id, contact_id from identity.contact_id_map")
    return dict(rows.iter_rows())


def splits_of(home: Path) -> dict[str, tuple[str, str, str]]:
    rows = query(home, "select source_id, old_contact_id, contact_id, reason from identity.contact_splits")
    return {source_id: rest for source_id, *rest in rows.iter_rows()}


def test_who_shares_an_address_under_another_first_name_is_another(nights: list[Path]) -> None:
    of = contacts_of(nights[0])
    assert of["hubspot|contact|1"] != of["salesforce|lead|00Qbruno"]


def test_a_record_of_two_addresses_does_not_join_two_people(nights: list[Path]) -> None:
    of = contacts_of(nights[0])
    assert of["salesforce|contact|003eva"] != of["salesforce|lead|00Qfinn"]
    assert of["hubspot|contact|2"] in {of["salesforce|contact|003eva"], of["salesforce|lead|00Qfinn"]}
    cut = query(nights[0], "select left_record, right_record, cut_reason from identity.edges where is_cut")
    assert any("003eva" in reason and "00Qfinn" in reason for reason in cut["cut_reason"])


@pytest.mark.parametrize("rule", APART)
def test_one_number_and_one_name_are_not_always_one_person(nights: list[Path], rule: str) -> None:
    of = contacts_of(nights[0])
    left, right = (f"salesforce|contact|003{rule}{place}" for place in (0, 1))
    assert of[left] != of[right]
    cut = query(
        nights[0], f"select cut_reason from identity.edges where left_record = '{left}' and match_rule = 'phone'"
    )
    assert cut["cut_reason"].to_list() == [f"{rule}: {left} and {right}"]


def test_a_merge_that_the_source_did_is_a_fact(nights: list[Path]) -> None:
    of = contacts_of(nights[0])
    assert of["hubspot|contact|3"] == of["hubspot|contact|4"]
    facts = query(nights[0], "select * from identity.edges where match_rule = 'hubspot_merge'").to_dicts()
    assert [(edge["is_fact"], edge["is_cut"]) for edge in facts] == [(True, False)]


def test_contacts_of_one_address_are_one_until_the_crm_says_otherwise(nights: list[Path]) -> None:
    first, second = contacts_of(nights[0]), contacts_of(nights[1])
    for stays, leaves in (("003boss", "003report"), ("003role1", "003role2")):
        assert first[f"salesforce|contact|{stays}"] == first[f"salesforce|contact|{leaves}"]
        assert second[f"salesforce|contact|{stays}"] == first[f"salesforce|contact|{stays}"]
        assert second[f"salesforce|contact|{leaves}"] not in first.values()
    assert second["salesforce|contact|003twice"] == second["salesforce|contact|003again"]


def test_who_left_is_told_with_what_was_cut(nights: list[Path]) -> None:
    assert splits_of(nights[0]) == {}
    first, second = contacts_of(nights[0]), contacts_of(nights[1])
    splits = splits_of(nights[1])
    assert set(splits) == {"003report", "003role2"}
    for source_id, rule in (("003report", "reports_to"), ("003role2", "same_opportunity")):
        old, new, reason = splits[source_id]
        assert (old, new) == (first[f"salesforce|contact|{source_id}"], second[f"salesforce|contact|{source_id}"])
        assert reason.startswith(f"cut by {rule}: ")
        assert source_id in reason
    assert splits_of(nights[2]) == splits


def test_the_map_names_the_strongest_edge_that_holds(nights: list[Path]) -> None:
    for home in nights[:2]:
        told = query(
            home,
            """select ends.match_rule, ends.match_score, map.match_rule as told_rule, map.match_score as told_score
               from identity.contact_id_map as map
               inner join (select left_record as record, * from identity.edges union all
                           select right_record, * from identity.edges) as ends
                   on map.source || '|' || map.object || '|' || map.source_id = ends.record and not ends.is_cut
               qualify row_number() over (partition by ends.record order by is_fact desc, ends.match_score desc) = 1""",
        )
        assert told.height
        assert told["match_score"].equals(told["told_score"].alias("match_score"))
    lonely = query(
        nights[1], "select match_rule, match_score from identity.contact_id_map where source_id = '003report'"
    )
    assert lonely.rows() == [("single_record", 1.0)]


def test_who_is_gone_or_merged_has_no_key_any_longer(nights: list[Path]) -> None:
    before, after = contacts_of(nights[0]), contacts_of(nights[1])
    pair = {before["salesforce|contact|003join"], before["salesforce|lead|00Qjoin"]}
    assert len(pair) == 2
    assert after["salesforce|contact|003join"] == after["salesforce|lead|00Qjoin"] == min(pair)
    contacts = set(query(nights[1], "select contact_id from identity.contact_id_map")["contact_id"])
    assert not contacts & {max(pair), before["salesforce|contact|003gone"]}
    merges = query(nights[2], "select old_contact_id, contact_id from identity.contact_merges")
    assert merges.rows() == [(max(pair), min(pair))]


def test_the_same_exports_again_change_no_key_and_add_nothing_to_the_ledger(nights: list[Path]) -> None:
    everything = "select * from identity.contact_id_map order by all"
    assert query(nights[1], everything).equals(query(nights[2], everything))
    edges = "select * from identity.edges order by left_record, right_record, match_rule"
    assert query(nights[1], edges).equals(query(nights[2], edges))
    assert query(nights[1], edges).select("left_record", "right_record", "match_rule").is_unique().all()
    for sql in NEW_IN_LEDGER.values():
        assert query(nights[2], sql).is_empty()
