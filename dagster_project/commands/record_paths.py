"""`nightjar explain CONTACT --between RECORD RECORD`: the edges that lead from one source record to the other."""

from dataclasses import asdict, dataclass

import polars as pl
from rich.markup import escape

from dagster_project.commands.console import CommandError, out, print_frame, text_of
from dagster_project.commands.reading import WarehouseReader
from models.edge_paths import Step, strongest_path

RECORDS = """
    select source || '|' || object || '|' || source_id as record, contact_id from identity.contact_id_map
    where contact_id = $contact or source || '|' || object || '|' || source_id = $word order by record"""
# All edges of the components of two records, the cut ones too; a deleted record may be the link between live ones.
EDGES = """
    with walked as (
        select component from identity.int_contact_components where record_key in ($start, $end)
    )
    select edges.* from identity.edges as edges
    inner join identity.int_contact_components as components on components.record_key = edges.left_record
    where components.component in (select component from walked)
    order by all"""
TABLES = ("identity.contact_id_map", "identity.edges", "identity.int_contact_components")


@dataclass(frozen=True)
class RecordPath:
    """How two records hang together, and what was cut among the records around them."""

    start: str
    end: str
    contact_of_start: str
    contact_of_end: str
    steps: tuple[Step, ...]
    cut_edges: pl.DataFrame

    def as_json(self) -> dict[str, object]:
        ends = {"from": self.start, "to": self.end}
        contacts = {"contact_of_from": self.contact_of_start, "contact_of_to": self.contact_of_end}
        path = [asdict(step) for step in self.steps]
        return ends | contacts | {"path": path, "cut_edges": self.cut_edges.to_dicts()}


def find_path(warehouse: WarehouseReader, contact_id: str, start: str, end: str) -> RecordPath:
    """The strongest path between two records, each named as `source|object|source_id` or by a source_id of the contact.

    Raises:
        CommandError: the home has no edges yet, or a word names no record or several.
    """
    if not all(warehouse.has(table) for table in TABLES):
        raise CommandError("there are no edges in this home yet: run a night with this version first.")
    (left, left_contact), (right, right_contact) = (_record(warehouse, contact_id, word) for word in (start, end))
    edges = warehouse.rows(EDGES, start=left, end=right)
    around = pl.col("left_record").is_in([left, right]) | pl.col("right_record").is_in([left, right])
    path = strongest_path(edges, left, right)
    walked = {record for step in path for record in (step.from_record, step.to_record)}
    near = around | pl.col("left_record").is_in(walked) | pl.col("right_record").is_in(walked)
    return RecordPath(left, right, left_contact, right_contact, path, edges.filter("is_cut").filter(near))


def print_path(path: RecordPath) -> None:
    """The path step by step, whether it holds, and what was cut around it."""
    out.print(f"\n[bold]From {escape(path.start)} to {escape(path.end)}[/]")
    out.print(f"  {escape(_verdict(path))}")
    for step in path.steps:
        kind = "fact" if step.is_fact else f"score {text_of(step.match_score)}"
        cut = f"; cut by {step.cut_reason}" if step.is_cut else ""
        out.print(f"  {step.from_record}", markup=False)
        out.print(
            f"    {'╳' if step.is_cut else '│'} {step.match_rule}, {kind}: {step.evidence or '–'}{cut}", markup=False
        )
    if path.steps:
        out.print(f"  {path.end}", markup=False)
    columns = ["left_record", "right_record", "match_rule", "match_score", "evidence", "cut_reason"]
    print_frame("Edges cut around these records", path.cut_edges, columns, empty="none")


def _verdict(path: RecordPath) -> str:
    if path.start == path.end:
        return "this is one record."
    if not path.steps:
        return "no edge leads from one to the other: no rule says anything of both, directly or through other records."
    if path.contact_of_start != path.contact_of_end:
        contacts = f"two contacts, {path.contact_of_start} and {path.contact_of_end}"
        return f"{contacts}: what would have joined them was cut."
    weakest = min(path.steps, key=lambda step: (step.is_fact, step.match_score))
    told = (
        "facts all the way"
        if weakest.is_fact
        else f"weakest step {text_of(weakest.match_score)} by {weakest.match_rule}"
    )
    return f"one contact; {told}."


def _record(warehouse: WarehouseReader, contact_id: str, word: str) -> tuple[str, str]:
    """The record that a word names, and its contact."""
    wanted = word.strip().replace("/", "|", 2) if word.count("|") < 2 else word.strip()
    known = warehouse.rows(RECORDS, contact=contact_id, word=wanted)
    found = known.filter(
        (pl.col("record") == wanted) | (pl.col("record").str.splitn("|", 3).struct.field("field_2") == word.strip())
    )
    if found.height == 1:
        return found.row(0)
    listed = ", ".join(known.filter(contact_id=contact_id)["record"])
    if found.height:
        raise CommandError(f"{word} names several records ({', '.join(found['record'])}). Write source|object|id.")
    raise CommandError(
        f"no live record {word!r}. Name it as source/object/id, or by its id alone if it belongs to {contact_id}, "
        f"whose records are {listed}."
    )
