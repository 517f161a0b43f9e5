"""Text files as UTF-8 and as physical lines: plain or gzip, with or without byte order mark, UTF-16 with one."""

import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

BUFFER_BYTES = 1 << 20
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF_8_MARK = b"\xef\xbb\xbf"
ESCAPED_BYTES = re.compile("[\udc80-\udcff]")


def open_utf_8(path: Path) -> IO[bytes]:
    """The file's content as UTF-8 without a byte order mark; decompressed where its name ends in `.gz`.

    Reading raises `UnicodeError` for broken UTF-16, and `OSError`, `EOFError` or `zlib.error` for what else is broken.
    """
    is_gzip = path.name.lower().endswith(".gz")
    content = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(path) if is_gzip else io.FileIO(path)), BUFFER_BYTES)
    beginning = content.peek(3)[:3]
    if beginning.startswith(UTF_16_MARKS):
        return io.BufferedReader(_FromUtf16(content), BUFFER_BYTES)
    if beginning == UTF_8_MARK:
        content.read(3)
    return content


class _FromUtf16(io.RawIOBase):
    """UTF-16 as UTF-8."""

    def __init__(self, content: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(content, encoding="utf-16", newline="")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._ready:
            self._ready = self._text.read(BUFFER_BYTES).encode()
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def close(self) -> None:
        self._text.close()
        super().close()


def text_of(line: bytes) -> str:
    """A line as text. Bytes that aren't UTF-8 become lone surrogates, which `bad_bytes` finds."""
    return line.decode("utf-8", "surrogateescape")


def physical_lines(path: Path) -> Iterator[str]:
    """Lines with their line ends, in order; for errors see `open_utf_8`."""
    with open_utf_8(path) as content:
        yield from io.TextIOWrapper(content, encoding="utf-8", errors="surrogateescape", newline="")


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
