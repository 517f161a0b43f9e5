"""Which source records are one entity, and which key the entity keeps from night to night.

Two steps, for people and for companies alike: connected components of the records that the rules join, and the
assignment of stable keys to them. Neither depends on the order of rows.
"""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

KEY_DIGITS = 16
NODES = ["record_key", "anchor_rank", "is_live", "known_key", "is_known_anchor", "known_on", "known_since"]


def label_components(records: pl.Series, edges: pl.DataFrame) -> pl.DataFrame:
    """The component of every record.

    Args:
        records: unique text, one per record.
        edges: columns `left_node` and `right_node`, text: records, or identifiers that records share.

    Returns:
        one row per record: `record_key`, `component` (integer; the numbers themselves mean nothing).
    """
    names = pl.concat([records.alias("node"), edges["left_node"].alias("node"), edges["right_node"].alias("node")])
    codes = names.cast(pl.Categorical).to_physical().cast(pl.Int64).to_numpy()
    count = int(codes.max()) + 1 if len(codes) else 0
    left = codes[len(records) : len(records) + len(edges)]
    right = codes[len(records) + len(edges) :]
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    labels = connected_components(graph, directed=False)[1] if count else np.empty(0, dtype=np.int32)
    return pl.DataFrame({"record_key": records, "component": labels[codes[: len(records)]].astype(np.int64)})


def assign_keys(nodes: pl.DataFrame, edges: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Give every component its key: the one it is known by, or a new one made from its anchor record.

    A component that inherits several known keys keeps the oldest. A key that several components inherit stays with the
    anchor record's component. A record that is no longer live lends its known key but never stands alone.

    Args:
        nodes: one row per record: `record_key`; `anchor_rank` (the smallest anchors a component, then the smallest
            record_key); `is_live`; and from the ledger, null if never seen: `known_key`, `is_known_anchor`,
            `known_on` (when the record got it), `known_since` (when the key was first given to any record).
        edges: see `label_components`.
        prefix: start of new keys, for example `c_`.

    Returns:
        one row per record of a component that has a live one, ordered by record_key: the columns of `nodes` and `key`,
        `is_anchor`, `is_known_key_ceased` (true on one record for each known key that was merged into `key`).
    """
    labelled = nodes.select(NODES).join(label_components(nodes["record_key"], edges), on="record_key", validate="1:1")
    present = labelled.filter(pl.col("is_live").any().over("component"))
    claims = _claims(present)
    survivors = claims.sort("known_since", "known_key").unique("component", keep="first", maintain_order=True)
    keys = _add_new_keys(present, survivors, set(claims["known_key"]), prefix)
    ceased = claims.join(survivors, on="known_key", how="anti").select("record_key", is_known_key_ceased=True)
    keyed = present.join(keys, on="component", validate="m:1")
    return (
        keyed.join(_anchors(keyed), on="record_key", how="left", validate="1:1")
        .join(ceased, on="record_key", how="left", validate="1:1")
        .with_columns(pl.col("is_anchor", "is_known_key_ceased").fill_null(False))
        .drop("component")
        .sort("record_key")
    )


def resolve_merges(merges: Iterable[tuple[str, str]], live: set[str]) -> dict[str, str]:
    """Where each ceased key ended, through chains of merges.

    Args:
        merges: pairs of old and new key, oldest merge first; the last merge of an old key counts.
        live: keys in use; a chain ends at the first of them, and a key in use hasn't ceased.

    Returns:
        ceased key → the key it is now.
    """
    following = {old: new for old, new in merges if old not in live}
    return {old: _follow(old, following) for old in sorted(following)}


def new_key(record_key: str, taken: set[str], prefix: str) -> str:
    """A key made from the record alone; another one only where the key is in use by others."""
    for attempt in range(len(taken) + 1):
        text = f"{record_key}|{attempt}" if attempt else record_key
        key = prefix + hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]
        if key not in taken:
            return key
    raise ValueError(f"no free key for {record_key}")


def _claims(present: pl.DataFrame) -> pl.DataFrame:
    """One row per known key: the record (and so the component) that carries it on."""
    return (
        present.filter(pl.col("known_key").is_not_null())
        .with_columns(anchored_on=pl.when("is_known_anchor").then("known_on"))
        .sort(
            ["is_known_anchor", "anchored_on", "anchor_rank", "record_key"],
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .unique("known_key", keep="first", maintain_order=True)
        .select("component", "record_key", "known_key", "known_since")
    )


def _add_new_keys(present: pl.DataFrame, survivors: pl.DataFrame, taken: set[str], prefix: str) -> pl.DataFrame:
    """One row per component: `component`, `key`."""
    anchors = (
        present.filter("is_live")
        .join(survivors, on="component", how="anti")
        .sort("anchor_rank", "record_key")
        .unique("component", keep="first", maintain_order=True)
    )
    keys = [new_key(record_key, taken, prefix) for record_key in anchors["record_key"]]
    new = anchors.select("component").with_columns(pl.Series("key", keys, dtype=pl.String))
    return pl.concat([survivors.select("component", key="known_key"), new])


def _anchors(keyed: pl.DataFrame) -> pl.DataFrame:
    """One row per component: the live record that anchors its key, the known anchor before any other."""
    is_known = pl.col("is_known_anchor").fill_null(False) & (pl.col("known_key") == pl.col("key")).fill_null(False)
    return (
        keyed.filter("is_live")
        .with_columns(is_anchor=is_known, anchored_on=pl.when(is_known).then("known_on"))
        .sort(
            ["is_anchor", "anchored_on", "anchor_rank", "record_key"],
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .unique("component", keep="first", maintain_order=True)
        .select("record_key", is_anchor=True)
    )


def _follow(old: str, following: Mapping[str, str]) -> str:
    seen = {old}
    key = following[old]
    while key in following and key not in seen:
        seen.add(key)
        key = following[key]
    return key
