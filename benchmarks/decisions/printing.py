"""Tables of the studies."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

console = Console()


def show_solved(title: str, rows: Sequence[Mapping[str, object]]) -> None:
    """One line per solver: what it was worth, and what it took. Figures that a solver doesn't have stay empty."""
    columns = ("night", "solver", "of the optimum", "of the bound", "violations", "wall s", "CPU s", "peak MB")
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column in ("night", "solver") else "right")
    for row in rows:
        table.add_row(*(_told(row.get(column)) for column in columns))
    console.print(table)


def _told(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4%}" if value <= 1.0 + 1e-6 else f"{value:,.1f}"
    return "" if value is None else str(value)
