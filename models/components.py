"""Which nodes of a graph hang together."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def label_components(records: pl.Series, edges: pl.DataFrame) -> pl.Series:
    """The component of every record.

    Args:
        records: unique text, one per record.
        edges: columns `left_node` and `right_node`, text: records, or nodes that records share.

    Returns:
        one integer per record, in their order: the place (from 0) of the first record of its component.
    """
    names = pl.concat([records.alias("node"), edges["left_node"].alias("node"), edges["right_node"].alias("node")])
    codes = _codes(names)
    labels = _labels(codes[len(records) : len(records) + len(edges)], codes[len(records) + len(edges) :], codes)
    return pl.Series("component", _first_places(labels[codes[: len(records)]]))


def joined_records(edges: pl.DataFrame) -> pl.DataFrame:
    """The component of every record that an edge joins to another.

    Args:
        edges: columns `left_record` and `right_record`, text.

    Returns:
        one row per record with an edge, ordered by record_key: `record_key`, `component` (see `label_components`).
    """
    names = pl.concat([edges["left_record"].alias("record_key"), edges["right_record"].alias("record_key")])
    codes = _codes(names)
    labels = _labels(codes[: len(edges)], codes[len(edges) :], codes)
    _, places = np.unique(codes, return_index=True)
    found = pl.DataFrame({"record_key": names.gather(places), "component": labels[codes[places]]}).sort("record_key")
    return found.with_columns(pl.Series("component", _first_places(found["component"].to_numpy())))


def _codes(names: pl.Series) -> NDArray[np.int64]:
    """The same whole number for the same text; which one depends on what this process met before."""
    return names.cast(pl.Categorical).to_physical().cast(pl.Int64).to_numpy()


def _labels(left: NDArray[np.int64], right: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of its component for every code up to the largest."""
    count = int(codes.max()) + 1 if len(codes) else 0
    if not count:
        return np.empty(0, dtype=np.int64)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _first_places(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each label replaced by the place where it comes first, which doesn't depend on how labels were numbered."""
    _, first, component = np.unique(labels, return_index=True, return_inverse=True)
    return first[component].astype(np.int64)
