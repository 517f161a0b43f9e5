import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.ingestion.headers import HeaderError, match_headers, normalise_header, normalise_headers, squash


@pytest.mark.parametrize(
    ("name", "normalised"),
    [
        ("AccountId", "account_id"),
        ("Account ID", "account_id"),
        ("account_id", "account_id"),
        ("ACCOUNT ID", "account_id"),
        ("Foo__c", "foo_c"),
        ("Lead_Score__c", "lead_score_c"),
        ("HasOptedOutOfEmail", "has_opted_out_of_email"),
        ("TimeZoneSidKey", "time_zone_sid_key"),
        ("properties.email", "properties_email"),
        ("MRR (cents)", "mrr_cents"),
        ("HTTPStatus", "http_status"),
        ("anonymousId", "anonymous_id"),
        ("_fivetran_synced", "_fivetran_synced"),
        ("\ufeffId", "id"),
        ("  e-mail ", "e_mail"),
        ("Größe", "größe"),
        ("—", ""),
    ],
)
def test_a_header_becomes_snake_case(name: str, normalised: str) -> None:
    assert normalise_header(name) == normalised


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing_more(name: str) -> None:
    once = normalise_header(name)
    assert normalise_header(once) == once
    assert "__" not in once
    assert not once.endswith("_")


@given(st.lists(st.sampled_from(["account", "id", "email", "zip", "name"]), min_size=1, max_size=4))
def test_all_spellings_of_a_name_are_one(words: list[str]) -> None:
    spellings = ["_".join(words), " ".join(words), "".join(word.title() for word in words), "-".join(words).upper()]
    assert {normalise_header(spelling) for spelling in spellings} == {"_".join(words)}
    assert len({squash(spelling) for spelling in [*spellings, "".join(words).upper()]}) == 1


def test_names_that_become_one_are_refused_with_both() -> None:
    with pytest.raises(HeaderError, match=r"'Account ID' and 'AccountId' are both account_id"):
        normalise_headers(["Account ID", "Name", "AccountId"])


def test_a_column_without_a_name_gets_its_position() -> None:
    assert normalise_headers(["id", "", "name"]) == ("id", "column_2", "name")


def test_the_name_itself_goes_before_an_alias_and_an_alias_before_mere_letters() -> None:
    aliases = {"property_email": ["email", "mail"]}
    assert match_headers(["email", "property_email"], ["property_email"], aliases, []).declared == {"property_email": 1}
    assert match_headers(["mail", "email"], ["property_email"], aliases, []).declared == {"property_email": 1}
    assert match_headers(["accountid"], ["account_id"], {}, []).declared == {"account_id": 0}
    assert match_headers(["product2_id"], ["product_2_id"], {}, []).declared == {"product_2_id": 0}


def test_columns_are_declared_or_of_the_connector_or_unknown() -> None:
    match = match_headers(["id", "_fivetran_synced", "is_deleted", "shoe_size"], ["id", "name"], {}, [])
    assert match.declared == {"id": 0}
    assert match.connector == {"_fivetran_synced": 1, "is_deleted": 2}
    assert match.unknown == {"shoe_size": 3}
    assert match.missing == ("name",)
