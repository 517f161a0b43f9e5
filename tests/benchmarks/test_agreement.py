from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.identity.agreement import agree, cluster_sizes
from benchmarks.identity.people import read_people, write_people

RECORDS = st.lists(
    st.tuples(st.integers(0, 4), st.one_of(st.none(), st.integers(0, 4)), st.booleans()), min_size=1, max_size=25
)


@given(RECORDS)
def test_figures_are_those_of_counting_every_pair(rows: list[tuple[int, int | None, bool]]) -> None:
    frame = pl.DataFrame(rows, schema={"true": pl.Int64, "found": pl.Int64, "chosen": pl.Boolean}, orient="row")
    pairs = [(a, b) for a, b in combinations(rows, 2) if a[2] or b[2]]
    true = sum(a[0] == b[0] for a, b in pairs)
    found = sum(a[1] is not None and a[1] == b[1] for a, b in pairs)
    right = sum(a[0] == b[0] and a[1] is not None and a[1] == b[1] for a, b in pairs)
    figures = agree(frame, frame["chosen"])
    assert (figures.count_true_pairs, figures.count_found_pairs, figures.count_right_pairs) == (true, found, right)
    chosen = [number for number, row in enumerate(rows) if row[2]]
    recalls = []
    for number in chosen:
        mates = {other for other, row in enumerate(rows) if row[0] == rows[number][0]}
        with_it = {other for other, row in enumerate(rows) if row[1] is not None and row[1] == rows[number][1]}
        recalls.append(len(mates & (with_it | {number})) / len(mates))
    assert figures.bcubed_recall == pytest.approx(sum(recalls) / len(recalls) if recalls else 1.0)


def test_equal_groups_agree_whatever_they_are_called() -> None:
    frame = pl.DataFrame({"true": [1, 1, 2, 3, 3, 3], "found": ["x", "x", "y", "z", "z", "z"]})
    figures = agree(frame)
    assert (figures.precision, figures.recall, figures.f1, figures.bcubed_f1) == (1.0, 1.0, 1.0, 1.0)
    assert (figures.largest_true, figures.largest_found) == (3, 3)
    assert cluster_sizes(frame, "true") == {"1": 1, "2": 1, "3": 1}


def test_any_file_of_people_becomes_an_export(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("nr,given,mail,who\n7,Ann,ann@x.com,A\n9,,,B\n")
    people = read_people(tmp_path / "some.csv")
    ids = write_people(people, {"first_name": "given", "email": "mail"}, tmp_path / "exports", "salesforce/contact")
    written = pl.read_csv(tmp_path / "exports" / "salesforce" / "contact" / "people.csv", infer_schema_length=0)
    assert written["Id"].to_list() == ids.to_list() == ["003000000000001AAA", "003000000000002AAA"]
    assert written["FirstName"].to_list() == ["Ann", None]
    with pytest.raises(ValueError, match="no column nickname; the file has nr, given, mail, who"):
        write_people(people, {"first_name": "nickname"}, tmp_path / "exports", "salesforce/contact")
    with pytest.raises(ValueError, match="has no column for company"):
        write_people(people, {"company": "given"}, tmp_path / "exports", "salesforce/contact")
