"""Tables on the models of a night: which version speaks, why, and how good it is."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from dagster_project.champions import BECAUSE, JUDGEMENT, InUse
from dagster_project.outcome_kinds import outcomes_of_bundle, say_outcomes
from dagster_project.resources.warehouse import Warehouse
from dagster_project.retraining import COUNT_OUTCOMES, TRAINED_FOR
from models.action_effects import ActionEffect
from models.leaks import LEFT_OUT_FILE, left_out_from_json
from models.propensity import PropensityMetrics

MODELS = "decisioning.models_in_use"
EFFECTS = "decisioning.action_effects"
HEALTH = "decisioning.model_health"

MODEL_COLUMNS = {
    "model": pl.String,
    "goal_id": pl.String,
    "version": pl.Int64,
    "model_version": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "judgement": pl.String,
    "challenger": pl.String,
    "trained_because": pl.String,
    "trained_on": pl.Date,
    "count_rows": pl.Int64,
    "count_outcomes": pl.Int64,
    "base_rate": pl.Float64,
    "auc": pl.Float64,
    "log_loss": pl.Float64,
    "base_log_loss": pl.Float64,
    "calibration_error": pl.Float64,
    "qini": pl.Float64,
}
EFFECT_COLUMNS = {
    "action_id": pl.String,
    "goal_id": pl.String,
    "evidence": pl.String,
    "reason": pl.String,
    "outcome_kind": pl.String,
    "prior_uplift": pl.Float64,
    "count_exposures": pl.Int64,
    "count_outcomes": pl.Int64,
    "mean": pl.Float64,
    "mean_error": pl.Float64,
    "slope": pl.Float64,
    "slope_error": pl.Float64,
    "lead": pl.Float64,
    "lead_error": pl.Float64,
    "usual_response": pl.Float64,
    "qini": pl.Float64,
}
METRICS = ("count_rows", "count_outcomes", "base_rate", "auc", "log_loss", "base_log_loss", "calibration_error", "qini")


def version_label(in_use: InUse) -> str:
    """As in `model_version`: `propensity-reply/3`, `uplift/2`, or `prior`."""
    return f"{in_use.name.removeprefix('nightjar-')}/{in_use.version.version}" if in_use.version else "prior"


def propensity_row(
    in_use: InUse, goal_id: str, counts: tuple[int, int], base_rate: float, metrics: PropensityMetrics | None
) -> dict[str, object]:
    """A row of `models_in_use`. Counts are tonight's where there is no model."""
    row = {**_common(in_use), "goal_id": goal_id, "base_rate": base_rate}
    if metrics is None:
        return {**row, "count_rows": counts[0], "count_outcomes": counts[1]}
    names = ("count_rows", "count_outcomes", "auc", "log_loss", "base_log_loss", "calibration_error")
    return {**row, **{name: getattr(metrics, name) for name in names}}


def uplift_row(in_use: InUse, effects: list[ActionEffect]) -> dict[str, object]:
    """A row of `models_in_use`; `qini` is the mean over the actions and goals that have a model."""
    row = {**_common(in_use), "goal_id": None}
    modelled = [effect.qini for effect in effects if effect.qini is not None]
    if in_use.version is None or not modelled:
        return row
    outcomes = int(in_use.version.tags[COUNT_OUTCOMES])
    exposures = sum(effect.count_exposures for effect in effects)
    return {**row, "count_rows": exposures, "count_outcomes": outcomes, "qini": sum(modelled) / len(modelled)}


def write_models(warehouse: Warehouse, rows: Sequence[Mapping[str, object]]) -> None:
    """Replace `models_in_use`, one row per model."""
    warehouse.replace_table(MODELS, pl.DataFrame([dict(row) for row in rows], schema=MODEL_COLUMNS))


def read_models(warehouse: Warehouse) -> list[dict[str, object]]:
    """The rows of `models_in_use`, by model."""
    return warehouse.query(f"select * from {MODELS} order by model").to_dicts()


def write_effects(warehouse: Warehouse, effects: list[ActionEffect], in_use: InUse) -> None:
    """Replace `action_effects`, one row per action and goal; `outcome_kind` is null where none was learnt from."""
    outcomes = outcomes_of_bundle(in_use.files)
    rows = [
        {name: getattr(effect, name) for name in EFFECT_COLUMNS if name != "outcome_kind"}
        | {"outcome_kind": outcomes[effect.goal_id].kinds if effect.goal_id in outcomes else None}
        for effect in effects
    ]
    warehouse.replace_table(EFFECTS, pl.DataFrame(rows, schema=EFFECT_COLUMNS).sort("action_id", "goal_id"))


def write_health(warehouse: Warehouse) -> int:
    """Replace `model_health`, one row per model and metric that it has; returns the number of rows."""
    models = pl.DataFrame(read_models(warehouse), schema=MODEL_COLUMNS)
    metrics = models.select(
        "model", "model_version", "status", "reason", *(pl.col(name).cast(pl.Float64) for name in METRICS)
    )
    long = metrics.unpivot(
        on=METRICS, index=["model", "model_version", "status", "reason"], variable_name="metric"
    ).drop_nulls("value")
    warehouse.replace_table(HEALTH, long.sort("model", "metric"))
    return long.height


def _common(in_use: InUse) -> dict[str, object]:
    version = in_use.version
    return {
        "model": in_use.name,
        "version": version.version if version else None,
        "model_version": version_label(in_use),
        "status": in_use.status,
        "reason": _reason(in_use),
        "judgement": version.tags[JUDGEMENT] if version else None,
        "challenger": _challenger(in_use),
        "trained_because": version.tags.get(BECAUSE) if version else None,
        "trained_on": date.fromisoformat(version.tags[TRAINED_FOR]) if version else None,
    }


def _challenger(in_use: InUse) -> str | None:
    """The version trained last, if it isn't the one in use, and why not."""
    newest = in_use.newest
    if newest is None or newest == in_use.version:
        return None
    return f"version {newest.version}, trained for {newest.tags[TRAINED_FOR]}: {newest.tags[JUDGEMENT]}"


def _reason(in_use: InUse) -> str:
    """Why this version, which features it was trained without, and which outcomes it has early answers on."""
    files = in_use.files or {}
    left_out = left_out_from_json(files[LEFT_OUT_FILE].decode()) if LEFT_OUT_FILE in files else ()
    without = [f"without {each.feature}: {each.reason}" for each in left_out]
    return "; ".join([in_use.reason, *without, *say_outcomes(outcomes_of_bundle(in_use.files))])
