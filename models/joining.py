"""Which of the edges between source records join them, where some records must stay apart.

An edge says that two records are one person; a conflict says that two can't be. Edges are taken strongest first, as
Kruskal takes them for a spanning tree (Kruskal 1956, doi.org/10.1090/S0002-9939-1956-0078686-7), and an edge that would
bring two conflicting records into one component is cut. So what is cut is the weakest that separates them. Facts are
never cut.
"""

from dataclasses import dataclass, field

import polars as pl

# a fact before any opinion, then the better score; then what doesn't depend on the order of rows
STRONGEST_FIRST = ["is_fact", "match_score", "match_rule", "left_record", "right_record"]
IS_DESCENDING = [True, True, False, False, False]
EDGE_KEY = ["left_record", "right_record", "match_rule"]
PROBABLE = "probable"
# However sure the model is, where records must part it yields to an address that both have, and not to a number.
TRUST_IN_MODEL = 0.96


def cut_edges(edges: pl.DataFrame, conflicts: pl.DataFrame, components: pl.DataFrame) -> pl.DataFrame:
    """The edges that would join what must stay apart.

    Args:
        edges: one row per pair of records and rule: `left_record`, `right_record`, `match_rule`, `match_score` (0..1],
            `is_fact`, and any more columns.
        conflicts: one row per pair of records and rule: `left_record`, `right_record`, `separation_rule`.
        components: the component of every record that the edges join, see `joined_records`.

    Returns:
        one row per edge that is cut, ordered by its key: `left_record`, `right_record`, `match_rule`, `cut_reason` (the
        separation rule and the pair that it keeps apart).
    """
    near = _edges_near_conflicts(edges, conflicts, components)
    reasons = pl.Series(_cut_reasons(near, conflicts), dtype=pl.String)
    return near.select(*EDGE_KEY, cut_reason=reasons).drop_nulls("cut_reason").sort(EDGE_KEY)


def weak_cuts(too_weak: pl.DataFrame) -> pl.DataFrame:
    """Edges whose score is too low to join, in the form of `cut_edges`."""
    return too_weak.select(*EDGE_KEY, cut_reason=pl.lit("score below join_threshold")).sort(EDGE_KEY)


def join_records(edges: pl.DataFrame, conflicts: pl.DataFrame, components: pl.DataFrame) -> pl.DataFrame:
    """All edges, ordered by their key, with `is_cut` and `cut_reason` (null if it joins); see `cut_edges`."""
    cuts = cut_edges(edges, conflicts, components)
    return (
        edges.join(cuts, on=EDGE_KEY, how="left")
        .with_columns(is_cut=pl.col("cut_reason").is_not_null())
        .select(*edges.columns, "is_cut", "cut_reason")
        .sort(EDGE_KEY)
    )


def uncut_edges(joins: pl.DataFrame) -> pl.DataFrame:
    """The edges that join, as `left_node` and `right_node`; `joins` as `join_records` returns them."""
    return joins.filter(~pl.col("is_cut")).select(left_node="left_record", right_node="right_record")


def strongest_edges(joins: pl.DataFrame) -> pl.DataFrame:
    """What joined each record: its strongest edge that isn't cut.

    Args:
        joins: see `join_records`.

    Returns:
        one row per record with an uncut edge, in no stated order: `record_key`, `match_rule`, `match_score`.
    """
    uncut = joins.filter(~pl.col("is_cut")).with_columns(rule_place=pl.col("match_rule").rank("dense"))
    columns = ["match_rule", "match_score", "is_fact", "rule_place"]
    ends = [uncut.select(*columns, record_key=side) for side in ("left_record", "right_record")]
    return (
        pl.concat(ends)
        .sort("is_fact", "match_score", "rule_place", descending=[True, True, False])
        .unique("record_key", keep="first", maintain_order=True)
        .select("record_key", "match_rule", "match_score")
    )


def _edges_near_conflicts(edges: pl.DataFrame, conflicts: pl.DataFrame, components: pl.DataFrame) -> pl.DataFrame:
    """The edges of components in which two records conflict, strongest first: only they can be cut."""
    left = conflicts.join(components, left_on="left_record", right_on="record_key")
    pairs = left.join(components, left_on=["right_record", "component"], right_on=["record_key", "component"])
    touched = components.join(pairs, on="component", how="semi")
    near = edges.join(touched, left_on="left_record", right_on="record_key", how="semi")
    is_model = pl.col("match_rule") == PROBABLE
    trust = pl.when(is_model).then(pl.min_horizontal("match_score", pl.lit(TRUST_IN_MODEL))).otherwise("match_score")
    ordered = ["is_fact", trust, *STRONGEST_FIRST[1:]]
    return near.sort(ordered, descending=[True, True, *IS_DESCENDING[1:]])


@dataclass
class _Groups:
    """Records joined so far, and which groups of them must stay apart, with the conflict that says so."""

    root_of: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    apart: dict[str, dict[str, tuple[str, str, str]]] = field(default_factory=dict)

    def find(self, record: str) -> str:
        root = record
        while (parent := self.root_of.get(root, root)) != root:
            root = parent
        while record != root:  # path compression
            self.root_of[record], record = root, self.root_of.get(record, record)
        return root

    def separate(self, conflict: tuple[str, str, str]) -> None:
        left, right = conflict[1], conflict[2]
        for one, other in ((left, right), (right, left)):
            known = self.apart.setdefault(one, {})
            known[other] = min(known.get(other, conflict), conflict)

    def conflict(self, left: str, right: str) -> tuple[str, str, str] | None:
        """The first conflict (by rule, then records) between two roots."""
        return self.apart.get(left, {}).get(right)

    def join(self, left: str, right: str) -> None:
        """Make two roots one; the larger keeps its name, so that few records change theirs."""
        small, large = sorted((left, right), key=lambda root: (self._weight(root), root))
        self.root_of[small] = large
        self.sizes[large] = self.sizes.get(large, 1) + self.sizes.pop(small, 1)
        inherited = self.apart.pop(small, {})
        kept = self.apart.setdefault(large, {})
        for other, conflict in inherited.items():
            self.apart[other].pop(small)
            if other != large:  # a fact that joins two who conflict ends their conflict
                kept[other] = self.apart[other][large] = min(kept.get(other, conflict), conflict)
        kept.pop(small, None)

    def _weight(self, root: str) -> int:
        return self.sizes.get(root, 1) + len(self.apart.get(root, ()))


def _cut_reasons(edges: pl.DataFrame, conflicts: pl.DataFrame) -> list[str | None]:
    """One entry per edge (strongest first): why it is cut, None if it joins."""
    groups = _Groups()
    records = set(edges["left_record"]) | set(edges["right_record"])
    for rule, left, right in conflicts.select("separation_rule", "left_record", "right_record").iter_rows():
        if left in records and right in records:
            groups.separate((rule, min(left, right), max(left, right)))
    reasons: list[str | None] = []
    for is_fact, left_record, right_record in edges.select("is_fact", "left_record", "right_record").iter_rows():
        left, right = groups.find(left_record), groups.find(right_record)
        conflict = None if is_fact or left == right else groups.conflict(left, right)
        if conflict is None and left != right:
            groups.join(left, right)
        reasons.append(conflict and f"{conflict[0]}: {conflict[1]} and {conflict[2]}")
    return reasons
