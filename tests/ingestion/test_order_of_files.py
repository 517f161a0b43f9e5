import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.ingestion.catalogue import Catalogue, load_catalogue
from tests.ingestion.conftest import Landing

CATALOGUE = load_catalogue()
CONTENT = "email, first_name, system_modstamp, _extra, _is_deleted, _modified_at, _key, id"

ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", "2", "3", ""]),
        "email": st.sampled_from(["a@x.com", "b@x.com", "c@x.com", ""]),
        "first_name": st.sampled_from(["Ann", "Bob"]),
        "is_deleted": st.sampled_from(["true", "", "perhaps"]),
        "system_modstamp": st.sampled_from(["", "2026-01-01", "2026-01-02T00:00:00Z", "2026-01-03", "2026-02-31"]),
        "shoe_size": st.sampled_from(["", "43"]),
    }
)
FILES = st.lists(st.lists(ROW, max_size=4), min_size=1, max_size=4, unique_by=json.dumps)


@pytest.fixture(scope="module")
def only_contacts() -> Catalogue:
    contact = CATALOGUE.find("salesforce", "contact")
    assert contact is not None
    return replace(CATALOGUE, objects=(contact,))


def load(catalogue: Catalogue, folder: Path, files: list[list[dict]], nights: list[list[int]]) -> tuple[list, list]:
    """Load numbered files night by night; each number has its own content, path and time, always the same."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        landing = Landing(folder, connection, catalogue)
        for night in nights:
            for number in night:
                header = list(files[number][0]) if files[number] else ["id", "email"]
                lines = [header, *(row.values() for row in files[number])]
                text = "".join(",".join(line) + "\n" for line in lines) + "\n" * number
                path = f"salesforce/contact/{number}.csv"
                landing.write(path, text, modified_at=1_700_000_000 + number // 2)
            landing.ingest(1.0)
        rows = landing.rows(f"select {CONTENT}, _file, _line from raw.salesforce__contact order by _key")
        return rows, landing.rejects()


@given(files=FILES, data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_files_gives_the_same_tables(
    tmp_path: Path, only_contacts: Catalogue, files: list[list[dict]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(files))))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(files)), max_size=2)))
    bounds = [0, *cuts, len(files)]
    nights = [list(order[start:end]) for start, end in pairwise(bounds) if start < end]
    at_once = load(only_contacts, tmp_path / "once", files, [list(range(len(files)))])
    again = [*nights, list(order)]
    assert load(only_contacts, tmp_path / "nights", files, again) == at_once
