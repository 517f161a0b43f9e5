"""Which key an entity keeps from night to night.

For people and for companies alike: each connected component of records is one entity, and what the ledger knows of its
records decides its key. Nothing depends on the order of rows.
"""

import hashlib

import polars as pl

from models.components import label_components

KEY_DIGITS = 16
NODES = ["record_key", "anchor_rank", "is_live", "known_key", "is_known_anchor", "known_on", "known_since"]


def assign_keys(nodes: pl.DataFrame, edges: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Give every component its key: the one it is known by, or a new one made from its anchor record.

    A component that inherits several known keys keeps the oldest. A key that several components inherit stays with the
    anchor record's component, and the records of the others have left it. A record that is no longer live lends its
    known key but never stands alone.

    Args:
        nodes: one row per record: `record_key`; `anchor_rank` (the smallest anchors a component, then the smallest
            record_key); `is_live`; and from the ledger, null if never seen: `known_key`, `is_known_anchor`,
            `known_on` (when the record got it), `known_since` (when the key was first given to any record).
        edges: see `label_components`.
        prefix: start of new keys, for example `c_`.

    Returns:
        one row per record of a component that has a live one, ordered by record_key: the columns of `nodes`, `key`,
        `is_anchor`, `is_known_key_ceased` (true on one record for each known key that was merged into `key`),
        `has_left` (live, and neither has its known key nor went where that key went).
    """
    ordered = nodes.select(NODES).sort("record_key").with_row_index("place")
    labelled = ordered.with_columns(label_components(ordered["record_key"], edges))
    present = labelled.filter(pl.col("is_live").any().over("component"))
    claims = _claims(present)
    survivors = _survivors(claims)
    keys = _add_new_keys(present, survivors, claims["known_key"], prefix)
    keyed = present.join(keys, on="component", validate="m:1", maintain_order="left")
    return keyed.with_columns(
        is_anchor=pl.col("place").is_in(_anchors(keyed)),
        is_known_key_ceased=pl.col("place").is_in(_ceased(claims, survivors)),
        has_left=pl.col("place").is_in(_left(keyed, claims)),
    ).drop("place", "component")


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
            ["is_known_anchor", "anchored_on", "anchor_rank", "place"],
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .unique("known_key", keep="first", maintain_order=True)
        .select("component", "place", "known_key", "known_since")
    )


def _survivors(claims: pl.DataFrame) -> pl.DataFrame:
    """The claim of the oldest key in each component that has one; few components have two."""
    is_alone = pl.col("component").is_unique()
    rivals = claims.filter(~is_alone).sort("known_since", "known_key")
    return pl.concat([claims.filter(is_alone), rivals.unique("component", keep="first", maintain_order=True)])


def _left(keyed: pl.DataFrame, claims: pl.DataFrame) -> pl.Series:
    """The places of the live records whose known key went elsewhere."""
    moved = keyed.filter(pl.col("is_live") & (pl.col("known_key") != pl.col("key")))
    carried = moved.join(claims.select("known_key", carrier="component"), on="known_key")
    return carried.filter(pl.col("carrier") != pl.col("component"))["place"].implode()


def _ceased(claims: pl.DataFrame, survivors: pl.DataFrame) -> pl.Series:
    """The places of the records that carry a known key into a component that keeps another."""
    return claims.join(survivors, on="known_key", how="anti")["place"].implode()


def _add_new_keys(present: pl.DataFrame, survivors: pl.DataFrame, known: pl.Series, prefix: str) -> pl.DataFrame:
    """One row per component: `component`, `key`."""
    anchors = (
        present.filter("is_live")
        .join(survivors, on="component", how="anti")
        .sort("anchor_rank", "place")
        .unique("component", keep="first", maintain_order=True)
    )
    taken = set(known) if len(anchors) else set()
    keys = [new_key(record_key, taken, prefix) for record_key in anchors["record_key"]]
    new = anchors.select("component").with_columns(pl.Series("key", keys, dtype=pl.String))
    return pl.concat([survivors.select("component", key="known_key"), new])


def _anchors(keyed: pl.DataFrame) -> pl.Series:
    """The places of the live records that anchor the key of their component, the known anchor before any other."""
    is_known = pl.col("is_known_anchor").fill_null(False) & (pl.col("known_key") == pl.col("key")).fill_null(False)
    anchors = (
        keyed.filter("is_live")
        .with_columns(is_anchor=is_known, anchored_on=pl.when(is_known).then("known_on"))
        .sort(
            ["is_anchor", "anchored_on", "anchor_rank", "place"],
            descending=[True, True, False, False],
            nulls_last=True,
        )
        .unique("component", keep="first", maintain_order=True)
    )
    return anchors["place"].implode()
