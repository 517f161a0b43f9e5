"""The part of the reference page on conditions: what is understood, and the columns they may ask for."""

from collections.abc import Iterator

from policy.columns import FAMILIES, SINGLE, Column, Family

CONDITIONS = """\
## Conditions

Where a setting is a condition, an expression says whom it is about:

    who: "contact_stage in ('mql', 'sal') and country_code = 'DE' and coalesce(days_since_reply, 999) > 30"

Understood are `and`, `or`, `not`, `=`, `<>`, `<`, `<=`, `>`, `>=`, `in (...)`, `between`, `like` and `ilike` (`%` for
any text, at most four), `is null`, `is true`, `+ - * /`, and the functions `abs`, `coalesce`, `contains`,
`ends_with`, `length`, `lower`, `starts_with`, `trim` and `upper`. Text stands in single quotes, with capitals as the
CRM has them. What isn't known is null: a comparison with it doesn't hold, nor does its opposite. Who objected to
profiling has no features: conditions on those never hold for them. The expression is parsed and checked, never pasted
into SQL; `decisioning.condition_matches` tells which contact matches which condition, `raw.policy_conditions` lists
them.

A trait of the policy is the column `trait_<name>`. The other columns:

| column | type | meaning |
|---|---|---|
"""


def conditions_page() -> str:
    """The Markdown of the section."""
    return CONDITIONS + "\n".join(_columns()) + "\n"


def _columns() -> Iterator[str]:
    """A line per column that a condition may ask for, or per family of columns."""
    for each in (*SINGLE, *FAMILIES):
        choices = (
            f" One of {', '.join(f'`{choice}`' for choice in each.choices)}."
            if isinstance(each, Column) and each.choices
            else ""
        )
        name = f"`{each.name}`" if isinstance(each, Column) else _family_name(each)
        yield f"| {name} | {'true or false' if each.kind == 'boolean' else each.kind} | {each.description}{choices} |"


def _family_name(family: Family) -> str:
    """The pattern of the names, and what may stand in it."""
    name = family.pattern.replace("{}", "<of>").replace("{days}", "<days>")
    words = f"; of: {', '.join(family.words)}" if family.words else ""
    days = f"; days: {', '.join(family.days)}" if family.days else ""
    return f"`{name}`{words}{days}"
