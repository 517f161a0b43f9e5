"""A question of the report to the warehouse."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """A query, the tables it needs, and what the report says when it has no rows.

    That no row `is_good` is true only of a table that was read.
    """

    tables: tuple[str, ...]
    sql: str
    absence: str
    is_good: bool = False


@dataclass(frozen=True)
class FigureQuery:
    """A count that the page shows large, its name, and in a few words what it counts."""

    name: str
    note: str
    query: Query


DECISIONS = "decisioning.next_best_action"
ACTION_NAME = "coalesce(policy_actions.name, decisions.action_id, 'No action')"
SENT = "decisions.approval_status in ('not_needed', 'approved') and decisions.autonomy_mode <> 'shadow'"
