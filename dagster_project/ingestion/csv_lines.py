"""The lines of a CSV file, to be taken in blocks while all is well, and one by one where it isn't."""

from collections import deque
from typing import IO

READ_BYTES = 1 << 20


class CsvLines:
    """Physical lines of a file. `line` is the number of the next one, from 1."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._buffer = b""
        self._lines: deque[bytes] = deque()
        self.line = 1

    def take_block(self, size: int) -> bytes:
        """About `size` bytes of whole lines; empty at the end of the file."""
        self._join_lines()
        if len(self._buffer) < size:
            self._buffer += self._content.read(size - len(self._buffer))
        if len(self._buffer) <= size:
            block, self._buffer = self._buffer + self._content.readline(), b""
        else:
            end = self._buffer.find(b"\n", size) + 1 or len(self._buffer)
            block, self._buffer = self._buffer[:end], self._buffer[end:]
            if not block.endswith(b"\n"):
                block += self._content.readline()
        self.line += count_lines(block)
        return block

    def give_back_block(self, block: bytes) -> None:
        """Undo the last `take_block`."""
        self._buffer = block + self._buffer
        self.line -= count_lines(block)

    def take_line(self) -> bytes:
        """The next line with its line end; empty at the end of the file."""
        if not self._lines:
            content = self._buffer or self._content.read(READ_BYTES)
            self._buffer = b""
            self._lines.extend((content + self._content.readline()).splitlines(keepends=True))
        if not self._lines:
            return b""
        self.line += 1
        return self._lines.popleft()

    def give_back_lines(self, lines: list[bytes]) -> None:
        """Undo the last calls of `take_line`."""
        self._lines.extendleft(reversed(lines))
        self.line -= len(lines)

    def _join_lines(self) -> None:
        if self._lines:
            self._buffer = b"".join(self._lines) + self._buffer
            self._lines.clear()


def count_lines(block: bytes) -> int:
    r"""How many lines a block has, ended by `\n`, `\r\n` or `\r`; the last one may lack its end."""
    ends = block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
    return ends + (block != b"" and not block.endswith((b"\n", b"\r")))
