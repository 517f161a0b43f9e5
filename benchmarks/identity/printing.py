"""Tables of the identity studies."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from benchmarks.identity.agreement import Agreement

console = Console(width=150)
HEADINGS = (
    "",
    "records",
    "true pairs",
    "precision",
    "recall",
    "F1",
    "B³ P",
    "B³ R",
    "B³ F1",
    "largest",
    "true largest",
)


def show_agreements(title: str, agreements: Mapping[str, Agreement]) -> None:
    """Print one row per agreement."""
    table = Table(title=title)
    for column in HEADINGS:
        table.add_column(column, justify="right" if column else "left")
    for name, each in agreements.items():
        shares = (
            each.precision, each.recall, each.f1, each.bcubed_precision, each.bcubed_recall, each.bcubed_f1
        )  # fmt: skip
        table.add_row(
            name,
            f"{each.count_records:,}",
            f"{each.count_true_pairs:,}",
            *(f"{share:.4f}" for share in shares),
            f"{each.largest_found:,}",
            f"{each.largest_true:,}",
        )
    console.print(table)
