"""Text files as bytes and as physical lines: plain or gzip, UTF-8 with or without byte order mark, UTF-16 with one."""

import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

BUFFER_BYTES = 1 << 20
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF_8_MARK = b"\xef\xbb\xbf"
ESCAPED_BYTES = re.compile("[\udc80-\udcff]")


def open_bytes(path: Path) -> io.BufferedReader:
    """The file's content, decompressed where its name ends in `.gz`."""
    if path.name.lower().endswith(".gz"):
        return io.BufferedReader(cast(io.RawIOBase, gzip.open(path, "rb")), BUFFER_BYTES)
    return io.BufferedReader(path.open("rb", buffering=0), BUFFER_BYTES)


def physical_lines(path: Path) -> Iterator[str]:
    """Lines with their line ends, in order.

    Bytes that aren't UTF-8 come as lone surrogates, which `bad_bytes` finds.

    Raises:
        UnicodeError: UTF-16 that is broken.
        OSError, EOFError, zlib.error: the file can't be read or its gzip is broken.
    """
    with open_bytes(path) as content:
        wide = content.peek(2)[:2] in UTF_16_MARKS
        encoding, errors = ("utf-16", "strict") if wide else ("utf-8-sig", "surrogateescape")
        yield from io.TextIOWrapper(cast(BinaryIO, content), encoding=encoding, errors=errors, newline="")


def bad_bytes(text: str) -> str | None:
    """The first byte of a text that isn't UTF-8, such as `0xE9`; None when all is well."""
    if text.isascii():
        return None
    found = ESCAPED_BYTES.search(text)
    return f"0x{ord(found.group()) - 0xDC00:02X}" if found else None


def printable(text: str) -> str:
    r"""The text without its line end, bytes that aren't UTF-8 as `\xe9`."""
    line = text.rstrip("\r\n")
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
