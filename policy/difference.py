"""What a change of policy changes, setting by setting."""

from collections.abc import Mapping

import polars as pl

# How many leading columns name a row; the others say something about it.
KEY_COLUMNS = {
    "policy_action_goals": 2, "policy_action_stages": 2, "policy_action_variants": 3, "policy_channel_bases": 2,
    "policy_limits": 0, "policy_lifecycle": 0, "policy_buying_groups": 0, "policy_stages": 2,
    "policy_stage_conditions": 4, "policy_offering_matches": 3, "policy_offering_roles": 2, "policy_messages": 0,
    "policy_contact_policy": 0, "policy_contact_rule_channels": 2, "policy_contact_rule_actions": 2,
    "policy_action_openings": 2, "policy_routing": 0, "policy_territory_parts": 3, "policy_rep_territories": 2,
    "policy_rep_skills": 2, "policy_rep_working_days": 2, "policy_rep_absences": 2, "policy_team_reps": 2,
    "policy_team_actions": 2, "policy_skills_needed": 3,
    "policy_speed_to_lead_details": 2,
}  # fmt: skip


def policy_difference(before: Mapping[str, pl.DataFrame], after: Mapping[str, pl.DataFrame]) -> list[str]:
    """One line per added (`+`), removed (`-`) or changed (`~`) setting; empty when the two policies are equal.

    Args:
        before: frames by table name, as `Policy.tables()` gives them.
        after: the same of the other policy.
    """
    lines: list[str] = []
    for table, frame in after.items():
        if table == "policy_settings":
            continue  # the same settings, once more
        old, new = _rows(table, before.get(table, frame.clear())), _rows(table, frame)
        section = table.removeprefix("policy_")
        for key in [*old, *(key for key in new if key not in old)]:
            lines += _row_difference(".".join((section, *key)), old.get(key), new.get(key))
    return lines


def _rows(table: str, frame: pl.DataFrame) -> dict[tuple[str, ...], dict[str, object]]:
    width = KEY_COLUMNS.get(table, 1)
    keys, values = frame.columns[:width], frame.columns[width:]
    return {
        tuple(str(row[column]) for column in keys): {column: row[column] for column in values}
        for row in frame.iter_rows(named=True)
    }


def _row_difference(name: str, old: dict[str, object] | None, new: dict[str, object] | None) -> list[str]:
    if old is None or new is None:
        present = old if new is None else new
        values = ", ".join(f"{column} {value}" for column, value in (present or {}).items() if value is not None)
        return [f"{'-' if new is None else '+'} {name}" + (f": {values}" if values else "")]
    return [f"~ {name}.{column}: {old.get(column)} → {new[column]}" for column in new if old.get(column) != new[column]]
