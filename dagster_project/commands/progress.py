"""Shows a night's progress: a live line on a terminal, a plain line per finished stage elsewhere."""

import sys
import time
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


class NightProgress:
    """A context manager to hand to `run_night`: it is called with each finished piece.

    A stage whose tables are made in two goes (decisions: what is allowed, then what is chosen) gets two lines.
    """

    def __init__(self) -> None:
        self.stage = ""
        self.count = 0
        self.seconds = 0.0
        self.started = time.monotonic()
        self.status: Status | None = out.status("starting") if out.is_terminal else None

    def __enter__(self) -> Self:
        out.file = sys.stdout  # the run sends what its tools print to a log; progress stays here
        if self.status:
            self.status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish_stage()
        if self.status:
            self.status.stop()
        out.file = None  # type: ignore[assignment]  # back to whatever standard output is

    def __call__(self, piece: Finished) -> None:
        if piece.stage != self.stage:
            self._finish_stage()
            self.stage, self.count, self.seconds = piece.stage, 0, 0.0
        self.count += 1
        self.seconds += piece.seconds
        if self.status:
            self.status.update(f"{piece.stage} [dim]{piece.asset}[/]")

    def _finish_stage(self) -> None:
        if self.count:
            tables = "1 table" if self.count == 1 else f"{self.count} tables"
            out.print(f"  {self.stage:<12} {self.seconds:6.1f} s   [dim]{tables}[/]")
            self.count = 0
