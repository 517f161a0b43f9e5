"""How much an action may do without a person, by what it was measured to bring: up only on proof, down on harm."""

import numpy as np
import polars as pl
from scipy import stats

from models.guardrails import MODES

LEVEL = 0.95
MEASURED = "model"  # evidence that rests on enough logged choices of the action itself
ADVICE_SCHEMA = {
    "action_id": pl.String, "autonomy_mode": pl.String, "advice": pl.String, "advised_mode": pl.String,
    "value_cents": pl.Float64, "low_cents": pl.Float64, "high_cents": pl.Float64, "why": pl.String,
}  # fmt: skip


def advise_modes(actions: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """One row per action, sorted, with the columns of `ADVICE_SCHEMA`; advice is step_up, step_down or stay.

    The measured value of a use is the sum over goals of weight · value · effect, less the cost. Errors of an action's
    goals are added up, as the same choices tell of all of them: the interval covers at least as often as it says.

    Args:
        actions: one row per active action; action_id, autonomy_mode, stakes, cost_cents.
        effects: one row per action and goal; action_id, evidence, mean and mean_error (change of probability),
            worth_cents (weight · value).
    """
    reach = float(stats.norm.ppf((1 + LEVEL) / 2))
    measured = (
        effects.filter(pl.col("evidence") == MEASURED, pl.col("mean").is_not_null())
        .group_by("action_id")
        .agg(
            worth=(pl.col("worth_cents") * pl.col("mean")).sum(),
            error=(pl.col("worth_cents").abs() * pl.col("mean_error")).sum(),
        )
    )
    value = pl.col("worth") - pl.col("cost_cents")
    joined = actions.join(measured, on="action_id", how="left", validate="1:1").with_columns(
        value_cents=value, low_cents=value - reach * pl.col("error"), high_cents=value + reach * pl.col("error")
    )
    rows = [{**row, **_advice(row)} for row in joined.sort("action_id").iter_rows(named=True)]
    return pl.DataFrame(rows, schema_overrides=ADVICE_SCHEMA).select(
        pl.col(name).cast(kind) for name, kind in ADVICE_SCHEMA.items()
    ) if rows else pl.DataFrame(schema=ADVICE_SCHEMA)  # fmt: skip


def _advice(row: dict[str, object]) -> dict[str, str]:
    mode = str(row["autonomy_mode"])
    place = MODES.index(mode)
    low, high = (np.nan if row[name] is None else float(str(row[name])) for name in ("low_cents", "high_cents"))
    highest = MODES.index("assisted") if row["stakes"] == "high" else len(MODES) - 1
    advice, to, why = "stay", mode, "what it brings beyond its cost isn't proven either way"
    if np.isnan(low):
        why = "nothing measured yet"
    elif high < 0:
        why = "measured to bring less than it costs"
        if place > 0:
            advice, to = "step_down", MODES[place - 1]
    elif low > 0:
        why = "measured to bring more than it costs"
        if place < highest:
            advice, to = "step_up", MODES[place + 1]
        elif row["stakes"] == "high":
            why += "; high stakes stay with people"
    return {"advice": advice, "advised_mode": to, "why": why}
