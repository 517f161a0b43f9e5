import csv
import gzip
import io
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.ingestion import csv_files, csv_records
from dagster_project.ingestion.csv_files import parse_clean_block, read_csv
from dagster_project.ingestion.csv_lines import CsvLines, count_lines
from dagster_project.ingestion.reading import RELATION, UnreadableFileError


def read(path: Path, line_by_line: bool = False) -> tuple[tuple[str, ...], list[tuple]]:
    """Header, and rows as (line, values..., fault column, fault reason, raw text)."""
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        if line_by_line:
            patch.setattr(csv_files, "parse_clean_block", lambda *_: None)
        rows = read_csv(connection, path)
        columns = ", ".join(["_line", *rows.texts, "_fault_column", "_fault_reason", "_raw_text"])
        try:
            found = connection.execute(f"select {columns} from {RELATION}").fetchall()
        except duckdb.Error as error:
            raise rows.error or error from error
        return rows.headers, found


def carefully(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> list[tuple]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = read(path)[1]
    assert found == read(path, line_by_line=True)[1]
    return found


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
def test_clean_files_are_read_in_blocks_as_they_are_line_by_line(  # noqa: PLR0917
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
    assert read(path) == read(path, line_by_line=True) == (("id", "first name", "note"), wanted)
    body = content[content.index(line_end.encode()) + len(line_end) :]
    assert not body or parse_clean_block(body, 3, delimiter) is not None


@pytest.mark.parametrize(
    "block",
    [
        b"1,2,3\n",
        b"1\n",
        b"1,\xe9\n",
        b'1,"x\ny"\n',
        b'1,"x\n2,y\n',
        b'1,"x',
        b'1,"x"y\n',
        b'1,"x""y"z"\n',
        b'1,""x\n',
        b'1,x""\n',
        b'1,x"\n2,"y\n',
        b"\n1,2\n",
        b"1,2\n\n",
        b"1,x\ry\n",
        b"1,x\r",
    ],
)
def test_a_block_with_anything_unusual_is_not_clean(block: bytes) -> None:
    assert parse_clean_block(b"1,2\n", 2, ",") is not None
    assert parse_clean_block(block, 2, ",") is None


LINES = st.sampled_from(
    [
        b"1,2",
        b'1,"2"',
        b'"a ""b""",2',
        b"1",
        b"1,2,3",
        b"",
        b'1,"open',
        b'2,close"',
        b"caf\xe9,1",
        b'5" pipe,2',
        b"x\ry,1",
        b'""b,1',
    ]
)


@given(lines=st.lists(LINES, max_size=30), size=st.integers(1, 60), line_end=st.sampled_from([b"\n", b"\r\n"]))
@settings(deadline=None, max_examples=150)
def test_reading_in_blocks_of_any_size_equals_reading_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], size: int, line_end: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(line_end.join([b"a,b", *lines]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "BLOCK_BYTES", size)
        patch.setattr(csv_files, "SMALL_BLOCK_BYTES", max(size // 4, 1))
        in_blocks = read(path)
    assert in_blocks == read(path, line_by_line=True)
    numbers = [row[0] for row in in_blocks[1]]
    assert numbers == sorted(set(numbers))


@given(
    content=st.lists(st.sampled_from([b"ab", b"\n", b"\r\n", b"\r", b"c"]), max_size=30).map(b"".join), data=st.data()
)
def test_lines_come_in_order_however_they_are_taken(content: bytes, data: st.DataObject) -> None:
    lines = CsvLines(io.BytesIO(content))
    taken = b""
    while len(taken) < len(content):
        assert lines.line == count_lines(taken) + 1
        way = data.draw(st.sampled_from(["block", "line", "block back", "lines back"]))
        if way == "block":
            taken += lines.take_block(data.draw(st.integers(1, 9)))
        elif way == "line":
            taken += lines.take_line()
        elif way == "block back":
            lines.give_back_block(lines.take_block(data.draw(st.integers(1, 9))))
        else:
            lines.give_back_lines([line for line in (lines.take_line(), lines.take_line()) if line])
    assert taken == content
    assert not lines.take_block(5)
    assert not lines.take_line()


def test_one_bad_line_in_a_large_file_costs_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f'{number},"x, ""{number}"""\n' for number in range(400_000))
    path.write_text(f'a,b\n{rows}1,"x"y\n{rows}')
    one_by_one = []
    decoded = csv_records.text_of
    monkeypatch.setattr(csv_records, "text_of", lambda line: one_by_one.append(line) or decoded(line))
    found = read(path)[1]
    assert len(found) == 800_001
    assert found[400_000] == (400_002, None, None, None, "text after a closing quote", '1,"x"y')
    assert len(one_by_one) < 10_000


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
    monkeypatch.setattr(csv_records, "MOST_LINES_OF_A_RECORD", 5)
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
    assert read(path) == (("id", "naïve"), [(2, "1", "é", None, None, None)])


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
    assert read(path) == (("a\nx", "b"), [(4, "1", "2", None, None, None)])


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=60)
def test_no_bytes_break_the_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("csv")
    found = carefully(folder, b"a,b\n" + content)
    lines = [row[0] for row in found]
    assert lines == sorted(set(lines))
    assert all(row[4] or len(row) == 6 for row in found)
