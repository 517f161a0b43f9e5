"""Companies that are two, whatever else says that they are one."""

import polars as pl

CONFLICTS = {"left_record": pl.String, "right_record": pl.String, "separation_rule": pl.String}


def company_conflicts(components: pl.DataFrame, companies: pl.DataFrame) -> pl.DataFrame:
    """Pairs of companies that edges lead from one to the other, and that must stay apart.

    Two records of one CRM with different websites are two companies (`different_websites`; one registered name under
    two endings is no difference), and so are a company and whatever stands above it (`above_and_below`).

    Args:
        components: what edges join, see `models.components.joined_records`; records as `kind|identifier`.
        companies: one row per company of a CRM: `node` (`kind|identifier`), `kind`, `domain_stem` (null without a
            website of its own), `parent_node` (null on top).

    Returns:
        one row per pair and rule, in order: `left_record` < `right_record`, `separation_rule`.
    """
    placed = companies.select("node", "kind", "domain_stem", "parent_node").join(
        components, left_on="node", right_on="record_key"
    )
    websites = placed.filter(pl.col("domain_stem").is_not_null()).filter(
        pl.col("domain_stem").n_unique().over("component", "kind") > 1
    )
    apart = (
        websites.join(websites, on=["component", "kind"], suffix="_right")
        .filter((pl.col("node") < pl.col("node_right")) & (pl.col("domain_stem") != pl.col("domain_stem_right")))
        .select(left_record="node", right_record="node_right", separation_rule=pl.lit("different_websites"))
    )
    return pl.concat([pl.DataFrame(schema=CONFLICTS), apart, _above_and_below(placed, companies)]).sort(list(CONFLICTS))


def _above_and_below(placed: pl.DataFrame, companies: pl.DataFrame) -> pl.DataFrame:
    """Pairs of one component of which one stands above the other, at any distance; a circle is above itself."""
    parent_of = dict(companies.filter(pl.col("parent_node").is_not_null()).select("node", "parent_node").iter_rows())
    component_of = dict(placed.select("node", "component").iter_rows())
    pairs = set()
    for node, component in component_of.items():
        above, seen = parent_of.get(node), {node}
        while above is not None and above not in seen:
            if component_of.get(above) == component:
                pairs.add((min(node, above), max(node, above), "above_and_below"))
            seen.add(above)
            above = parent_of.get(above)
    return pl.DataFrame(sorted(pairs), CONFLICTS, orient="row")
