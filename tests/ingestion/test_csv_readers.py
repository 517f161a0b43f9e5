import csv
import gzip
import io
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.ingestion import careful_csv
from dagster_project.ingestion.careful_csv import read_careful_csv
from dagster_project.ingestion.clean_csv import read_clean_csv
from dagster_project.ingestion.reading import RELATION, Reader, UncleanFileError, UnreadableFileError


def read(reader: Reader, path: Path) -> tuple[tuple[str, ...], list[tuple]]:
    """Header, and rows as (line, values..., fault column, fault reason, raw text)."""
    with duckdb.connect() as connection:
        rows = reader(connection, path)
        faults = ["_fault_column", "_fault_reason", "_raw_text"] if rows.has_faults else ["null", "null", "null"]
        try:
            found = connection.execute(
                f"select {', '.join(['_line', *rows.texts, *faults])} from {RELATION}"
            ).fetchall()
        except duckdb.Error as error:
            raise rows.error or error from error
        return rows.headers, found


def carefully(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> list[tuple]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(read_careful_csv, path)[1]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12) | st.sampled_from(
    ['{"a": "b, c"}', '"', '""', ",", " x ", '5" pipe', "café", "a;b\tc"]
)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=20),
    delimiter=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    is_zipped=st.booleans(),
)
@settings(deadline=None)
def test_both_ways_of_reading_agree_on_clean_files(  # noqa: PLR0917
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    delimiter: str,
    line_end: str,
    mark: str,
    is_zipped: bool,
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([["id", "first name", "note"], *rows])
    path = tmp_path_factory.mktemp("csv") / ("a.csv.gz" if is_zipped else "a.csv")
    content = (mark + text.getvalue()).encode()
    path.write_bytes(gzip.compress(content) if is_zipped else content)
    wanted = [(line, *(cell or None for cell in row), None, None, None) for line, row in enumerate(rows, start=2)]
    headers, careful = read(read_careful_csv, path)
    assert headers == ("id", "first name", "note")
    assert careful == wanted
    assert read(read_clean_csv, path) == (headers, wanted)


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2,3\n",
        b"a,b\n1\n",
        b"a,b\n1,\xe9\n",
        b'a,b\n1,"x\ny"\n',
        b'a,b\n1,"x\n2,y\n',
        b'a,b\n1,"x',
        b'a,b\n1,"x"y\n',
        b'a,b\n1,"x""y"z"\n',
        b"a,b\n\n1,2\n",
        b"a,b\n1,x\ry\n",
        b"a,b",
        b"",
        b"\na,b\n1,2\n",
        b'"a\nx",b\n1,2\n',
        "a,b\n1,2\n".encode("utf-16"),
    ],
)
def test_the_fast_way_leaves_everything_unusual_to_the_careful_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UncleanFileError):
        read(read_clean_csv, path)


def test_a_stray_quote_is_noticed_wherever_the_blocks_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f'{number},"x, ""{number}"""\n' for number in range(400_000))
    path.write_text(f"a,b\n{rows}")
    assert len(read(read_clean_csv, path)[1]) == 400_000
    path.write_text(f'a,b\n{rows}1,"x"y\n{rows}')
    with pytest.raises(UncleanFileError):
        read(read_clean_csv, path)


def test_a_line_with_too_few_or_too_many_columns_is_told(tmp_path: Path) -> None:
    assert carefully(tmp_path, "a,b\n1,2\n3\n4,5,6\n7,8\n") == [
        (2, "1", "2", None, None, None),
        (3, None, None, None, "1 column where the header has 2", "3"),
        (4, None, None, None, "3 columns where the header has 2", "4,5,6"),
        (5, "7", "8", None, None, None),
    ]


def test_lines_inside_quotes_count_as_lines_of_the_file(tmp_path: Path) -> None:
    assert carefully(tmp_path, 'a,b\n1,"x\ny\n\nz"\n\n2,w\n') == [
        (2, "1", "x\ny\n\nz", None, None, None),
        (7, "2", "w", None, None, None),
    ]


def test_reading_resumes_after_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    assert carefully(tmp_path, 'a,b\n1,"open\n2,x\n3,y\n') == [
        (2, None, None, None, "a quote that is never closed", '1,"open'),
        (3, "2", "x", None, None, None),
        (4, "3", "y", None, None, None),
    ]


def test_an_open_quote_that_meets_a_later_quote_costs_one_line(tmp_path: Path) -> None:
    found = carefully(tmp_path, 'a,b\n1,"open\n2,x\n3,"closed"\n4,z\n')
    assert [(row[0], row[1], row[4]) for row in found] == [
        (2, None, "text after a closing quote"),
        (3, "2", None),
        (4, "3", None),
        (5, "4", None),
    ]


def test_an_open_quote_is_given_up_after_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful_csv, "MOST_LINES_OF_A_RECORD", 5)
    lines = "".join(f"{number},x\n" for number in range(50))
    found = carefully(tmp_path, f'a,b\n1,"open\n{lines}')
    assert (len(found), found[0][4]) == (51, "a quote that is never closed")
    assert [row[0] for row in found] == list(range(2, 53))


def test_text_after_a_closing_quote_is_told(tmp_path: Path) -> None:
    found = carefully(tmp_path, 'a,b\n"x"y,1\n5" pipe,2\n')
    assert found[0][1:] == (None, None, None, "text after a closing quote", '"x"y,1')
    assert found[1][:3] == (3, '5" pipe', "2")


def test_bytes_that_are_not_utf_8_cost_their_line_only(tmp_path: Path) -> None:
    assert carefully(tmp_path, b"a,b name\n1,caf\xe9\n2,caf\xc3\xa9\n") == [
        (2, None, None, "b_name", "isn't UTF-8 (byte 0xE9)", "1,caf\\xe9"),
        (3, "2", "café", None, None, None),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id;naïve\r\n1;é\r\n".encode(encoding))
    assert read(read_careful_csv, path) == (("id", "naïve"), [(2, "1", "é", None, None, None)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not even a header"),
        (b"\n \n\n", "not even a header"),
        (b"a,\xe9\n1,2\n", "its header isn't UTF-8"),
        (b'a,"b\n1,2\n', "its header isn't CSV"),
    ],
)
def test_a_file_without_a_usable_header_cannot_be_read(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        carefully(tmp_path, content)


def test_a_header_may_stand_on_several_lines_and_after_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\n"a\nx",b\n1,2\n')
    assert read(read_careful_csv, path) == (("a\nx", "b"), [(4, "1", "2", None, None, None)])


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=60)
def test_no_bytes_break_the_careful_way(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("csv")
    found = carefully(folder, b"a,b\n" + content)
    lines = [row[0] for row in found]
    assert lines == sorted(set(lines))
    assert all(row[4] or len(row) == 6 for row in found)
