from pathlib import Path

import pytest

from dagster_project.ingestion.catalogue import load_catalogue
from dagster_project.ingestion.discovery import ExportsError, find_exports

CATALOGUE = load_catalogue()


def touch(exports: Path, *files: str) -> None:
    for file in files:
        path = exports / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id\n")


def test_files_of_every_format_are_found_also_in_nested_folders(tmp_path: Path) -> None:
    files = [
        f"salesforce/contact/{name}"
        for name in ("2026/11/a.csv.gz", "a.csv", "b.parquet", "c.jsonl", "d.jsonl.gz", "E.CSV")
    ]
    touch(tmp_path, *files, "Segment/Pages/a.csv")
    found = find_exports(tmp_path, CATALOGUE)
    assert sorted(file.file for file in found.files["salesforce/contact"]) == sorted(files)
    assert [file.file for file in found.files["segment/pages"]] == ["Segment/Pages/a.csv"]
    assert not found.warnings


def test_hidden_unfinished_and_marker_files_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "salesforce/contact/a.csv")
    names = (".a.csv", "~a.csv", "a.csv.tmp", "a.csv.part", "_SUCCESS", "_temporary/a.csv", ".hidden/a.csv")
    touch(tmp_path, *(f"salesforce/contact/{name}" for name in names), ".DS_Store", "salesforce/.x")
    found = find_exports(tmp_path, CATALOGUE)
    assert [file.file for file in found.files["salesforce/contact"]] == ["salesforce/contact/a.csv"]
    assert not found.warnings


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "salesforce/contact/_a.csv",
        "salesforce/contact/b.xlsx",
        "salesforce/quote/c.csv",
        "pipedrive/deal/d.csv",
        "readme.txt",
        "salesforce/e.csv",
    )
    found = find_exports(tmp_path, CATALOGUE)
    assert [file.file for file in found.files["salesforce/contact"]] == ["salesforce/contact/_a.csv"]
    told = "\n".join(found.warnings)
    for part in ("salesforce/contact/b.xlsx", "salesforce/quote/: unknown, its 1 file not read", "pipedrive/: unknown"):
        assert part in told
    assert "readme.txt: not read" in told
    assert "salesforce/e.csv: not read" in told


def test_a_missing_folder_is_an_error_that_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(ExportsError, match=r"(?s)doesn't exist.*salesforce: account, contact"):
        find_exports(tmp_path / "nowhere", CATALOGUE)


def test_a_folder_with_nothing_known_is_an_error_that_says_what_was_there(tmp_path: Path) -> None:
    touch(tmp_path, "pipedrive/deal/d.csv")
    with pytest.raises(ExportsError, match=r"(?s)no file to read.*salesforce: account.*pipedrive/: unknown"):
        find_exports(tmp_path, CATALOGUE)
