"""Tables of the studies."""

from rich.console import Console
from rich.table import Table

console = Console(width=150)


def show_table(title: str, columns: list[str], rows: list[list[object]]) -> None:
    """Print rows; the first column is text, the others are numbers as they come."""
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*("" if each is None else str(each) for each in row))
    console.print(table)


def rounded(number: float | None, digits: int = 2) -> str:
    """A figure, or nothing where there is none."""
    return "" if number is None else f"{number:.{digits}f}"
