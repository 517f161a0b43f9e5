"""Which nodes of a graph hang together."""

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def label_components(records: pl.Series, edges: pl.DataFrame) -> pl.DataFrame:
    """The component of every record.

    Args:
        records: unique text, one per record.
        edges: columns `left_node` and `right_node`, text: records, or nodes that records share.

    Returns:
        one row per record: `record_key`, `component` (the place of its first record, counted from 0).
    """
    names = pl.concat([records.alias("node"), edges["left_node"].alias("node"), edges["right_node"].alias("node")])
    codes = names.cast(pl.Categorical).to_physical().cast(pl.Int64).to_numpy()
    count = int(codes.max()) + 1 if len(codes) else 0
    left = codes[len(records) : len(records) + len(edges)]
    right = codes[len(records) + len(edges) :]
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    labels = connected_components(graph, directed=False)[1] if count else np.empty(0, dtype=np.int32)
    # Polars numbers text as it met it in this process; the first record of a component names it the same every time
    _, first, component = np.unique(labels[codes[: len(records)]], return_index=True, return_inverse=True)
    return pl.DataFrame({"record_key": records, "component": first[component].astype(np.int64)})


def joined_records(edges: pl.DataFrame) -> pl.DataFrame:
    """The component of every record that an edge joins to another.

    Args:
        edges: columns `left_record` and `right_record`, text.

    Returns:
        one row per record with an edge, ordered by record_key: `record_key`, `component` (see `label_components`).
    """
    records = pl.concat([edges["left_record"], edges["right_record"].alias("left_record")]).unique().sort()
    return label_components(records, edges.select(left_node="left_record", right_node="right_record"))
