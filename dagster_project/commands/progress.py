"""Shows a night's progress: a live line on a terminal, a plain line per finished stage elsewhere."""

import sys
from collections import Counter
from types import TracebackType
from typing import Protocol, Self

from rich.status import Status

from dagster_project.commands.console import out


class Finished(Protocol):
    """One finished piece of a night, as `night_run` reports it."""

    @property
    def stage(self) -> str: ...
    @property
    def asset(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def is_last(self) -> bool: ...


class NightProgress:
    """A context manager to hand to `run_night`: called with each finished piece, it tells each finished stage."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.status: Status | None = out.status("starting") if out.is_terminal else None

    def __enter__(self) -> Self:
        out.file = sys.stdout  # the run sends what its tools print to a log; progress stays here
        if self.status:
            self.status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.status:
            self.status.stop()
        out.file = None  # type: ignore[assignment]  # back to whatever standard output is

    def __call__(self, piece: Finished) -> None:
        self.counts[piece.stage] += 1
        self.seconds[piece.stage] += piece.seconds  # type: ignore[assignment]
        if self.status:
            self.status.update(f"{piece.stage} [dim]{piece.asset}[/]")
        if piece.is_last:
            count = self.counts[piece.stage]
            tables = "1 table" if count == 1 else f"{count} tables"
            out.print(f"  {piece.stage:<12} {self.seconds[piece.stage]:6.1f} s   [dim]{tables}[/]")
