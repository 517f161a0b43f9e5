"""How two records of one component hang together: the path whose weakest edge is strongest."""

from collections import deque
from dataclasses import dataclass

import polars as pl

from models.joining import IS_DESCENDING, STRONGEST_FIRST


@dataclass(frozen=True)
class Step:
    """One edge of a path, in the direction of walking."""

    from_record: str
    to_record: str
    match_rule: str
    match_score: float
    is_fact: bool
    evidence: str | None
    is_cut: bool
    cut_reason: str | None


def strongest_path(edges: pl.DataFrame, start: str, end: str) -> tuple[Step, ...]:
    """The path from one record to another: its weakest edge as strong as can be, then as few edges as can be.

    Edges that were cut are walked only where there is no other way; a fact is stronger than any score.

    Args:
        edges: one row per pair of records and rule, with the columns of `identity.edges`.
        start, end: records.

    Returns:
        the steps in order; empty if no edge leads from one to the other, or both are one record.
    """
    ordered = edges.sort(["is_cut", *STRONGEST_FIRST], descending=[False, *IS_DESCENDING])
    steps: dict[str, list[Step]] = {}
    grades = ["is_cut", "is_fact", "match_score"]
    for _, batch in ordered.group_by(grades, maintain_order=True):
        for row in batch.select(FORWARD).iter_rows():
            left, right, *rest = row
            steps.setdefault(left, []).append(Step(left, right, *rest))
            steps.setdefault(right, []).append(Step(right, left, *rest))
        if path := _shortest_path(steps, start, end):
            return path
    return ()


FORWARD = [
    "left_record", "right_record", "match_rule", "match_score", "is_fact", "evidence", "is_cut", "cut_reason",
]  # fmt: skip


def _shortest_path(steps: dict[str, list[Step]], start: str, end: str) -> tuple[Step, ...]:
    """Breadth first; among equals the strongest first steps win, as the lists are in that order."""
    reached_by: dict[str, Step | None] = {start: None}
    waiting = deque([start])
    while waiting and end not in reached_by:
        record = waiting.popleft()
        for step in steps.get(record, ()):
            if step.to_record not in reached_by:
                reached_by[step.to_record] = step
                waiting.append(step.to_record)
    path: list[Step] = []
    record = end
    while (last := reached_by.get(record)) is not None:
        path.append(last)
        record = last.from_record
    return tuple(reversed(path))
