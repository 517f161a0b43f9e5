"""Which account stands above which."""

import polars as pl

FACTS = ["salesforce_parent", "hubspot_parent"]
SCHEMA = {
    "account_id": pl.String, "parent_account_id": pl.String, "parent_rule": pl.String,
    "ultimate_parent_account_id": pl.String, "suggested_parent_account_id": pl.String,
    "suggested_parent_rule": pl.String, "suggested_parent_score": pl.Float64,
}  # fmt: skip


def resolve_hierarchy(claims: pl.DataFrame) -> pl.DataFrame:
    """The parent of each account, and the account at the top.

    Salesforce speaks before HubSpot, then the first record. Where parents go in a circle, the first account of it (by
    id) is the top, so that everybody in the circle has one top. A suggestion is made only where no fact is known.

    Args:
        claims: `account_id`, `parent_account_id`, `parent_rule` (a fact: salesforce_parent or hubspot_parent; else a
            suggestion), `parent_score` (0..1], `node` (the record that says so).

    Returns:
        one row per account with a parent or a suggestion, ordered by account_id: `parent_account_id`, `parent_rule`,
        `ultimate_parent_account_id` (null without a parent), `suggested_parent_account_id`, `suggested_parent_rule`,
        `suggested_parent_score`.
    """
    is_fact = pl.col("parent_rule").is_in(FACTS)
    facts = (
        claims.filter(is_fact & (pl.col("account_id") != pl.col("parent_account_id")))
        .sort(pl.col("parent_rule") == FACTS[1], "node", "parent_account_id")
        .unique("account_id", keep="first", maintain_order=True)
        .sort("account_id")
    )
    parent_of = dict(facts.select("account_id", "parent_account_id").iter_rows())
    top_of = _tops(parent_of)
    known = facts.with_columns(
        ultimate_parent_account_id=pl.Series([top_of[account] for account in facts["account_id"]], dtype=pl.String)
    ).filter(pl.col("account_id").is_in(list(parent_of)))  # without the tops of circles
    suggested = (
        claims.filter(~is_fact)
        .join(known, on="account_id", how="anti")
        .sort(["parent_score", "parent_rule", "parent_account_id"], descending=[True, False, False])
        .unique("account_id", keep="first", maintain_order=True)
        .select(
            "account_id",
            suggested_parent_account_id="parent_account_id",
            suggested_parent_rule="parent_rule",
            suggested_parent_score="parent_score",
        )
    )
    return (
        pl.concat([pl.DataFrame(schema=SCHEMA), known, suggested], how="diagonal_relaxed")
        .select(list(SCHEMA))
        .sort("account_id")
    )


def _tops(parent_of: dict[str, str]) -> dict[str, str]:
    """Account → the account at the top. The first account of a circle loses its parent, in `parent_of` too."""
    top_of: dict[str, str] = {}
    for account in sorted(parent_of):
        path: list[str] = []
        above = account
        while above in parent_of and above not in top_of and above not in path:
            path.append(above)
            above = parent_of[above]
        if above in path:
            above = min(path[path.index(above) :])
            del parent_of[above]
        top = top_of.get(above, above)
        top_of.update(dict.fromkeys(path, top))
    return top_of
