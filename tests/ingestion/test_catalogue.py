from pathlib import Path

import pytest

from dagster_project.ingestion.catalogue import CatalogueError, load_catalogue


def test_the_catalogue_is_read_whole() -> None:
    catalogue = load_catalogue()
    contact = catalogue.find("salesforce", "contact")
    assert contact is not None
    assert contact.key == ("id",)
    assert contact.table == "raw.salesforce__contact"
    assert contact.columns["has_opted_out_of_email"] == "boolean"
    status = catalogue.find("consent", "subscription_status")
    assert status is not None
    assert status.key == ()
    assert status.allowed == {"status": ("subscribed", "unsubscribed")}
    assert len({each.label for each in catalogue.objects}) == len(catalogue.objects)
    assert {"salesforce", "hubspot", "segment", "billing", "consent", "ads", "automation", "delivery"} <= {
        *catalogue.sources
    }


GOOD = {"key": "[id]", "required": "[id]", "columns": "{id: text}"}


def written(tmp_path: Path, label: str = "crm/person", **settings: str) -> Path:
    path = tmp_path / "objects.yml"
    lines = [f"  {name}: {value}" for name, value in {**GOOD, **settings}.items()]
    path.write_text("\n".join([f"{label}:", *lines]))
    return path


def test_a_small_catalogue_is_fine(tmp_path: Path) -> None:
    assert load_catalogue(written(tmp_path)).objects[0].label == "crm/person"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"keys": "[id]"}, "unknown key `keys`"),
        ({"columns": "{id: string}"}, "column id has the unknown type 'string'"),
        ({"columns": "{id: text, Id2: text}"}, "column Id2 isn't snake_case"),
        ({"columns": "{id: text, a_b: text, ab: text}"}, "columns a_b and ab can't be told apart"),
        ({"required": "[id, name]"}, "`required` names name"),
        ({"allowed": "{status: [on]}"}, "`allowed` names status"),
        ({"also": "{mail: [email]}"}, "`also` names mail"),
        ({"required": "[]"}, "id is in `key`, so it must be in `required`"),
        ({"key": "[]"}, "no `key`"),
        ({"key": "id"}, "`key` must be a list"),
        ({"label": "person"}, "expected `source/object`"),
    ],
)
def test_a_mistake_is_refused_by_name(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        load_catalogue(written(tmp_path, **settings))
