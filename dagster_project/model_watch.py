"""The findings of a night as a table, since when they hold, and what they stop or send to a person."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from dagster_project.model_health import EFFECTS, MODELS
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.warehouse import Warehouse
from dagster_project.watched_drift import find_drift
from dagster_project.watched_night import WatchedNight
from dagster_project.watched_outcomes import find_what_came_true
from dagster_project.watched_treatment import find_bias
from models.approval import Review
from models.watching import ALL, Finding

WATCH = "decisioning.model_watch"
KEY = ("model", "check", "subject", "segment")
COLUMNS = {
    "model": pl.String,
    "check": pl.String,
    "subject": pl.String,
    "segment": pl.String,
    "value": pl.Float64,
    "threshold": pl.Float64,
    "status": pl.String,
    "detail": pl.String,
    "goal_id": pl.String,
    "action_id": pl.String,
    "since": pl.Date,
}
STOPPED = "stopped"


def watch_night(night: WatchedNight, ledger: Ledger) -> tuple[pl.DataFrame, list[str]]:
    """The night's findings, written, and the models that they stop."""
    findings = sorted([*find_drift(night), *find_what_came_true(night), *find_bias(night)])
    table = write_findings(night.warehouse, ledger, night.date, findings)
    return table, stop_models(night.warehouse, table)


def write_findings(warehouse: Warehouse, ledger: Ledger, night: date, findings: Sequence[Finding]) -> pl.DataFrame:
    """Replace `model_watch`, one row per model, check, subject and segment, and keep in the ledger what isn't ok.

    Tomorrow's data can't tell what tonight's looked like: a night's findings are kept, and `since` is the first night
    of those without a break in which the same was found.
    """
    rows = [
        {**{name: getattr(each.watched, name, None) for name in COLUMNS},
         **{name: getattr(each, name) for name in ("value", "threshold", "status", "detail")}}
        for each in findings
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=COLUMNS)
    found = frame.filter(pl.col("status") != "ok").drop("since").with_columns(run_date=pl.lit(night))
    since = _since(ledger, night, found)
    ledger.append("watch", night, found)
    frame = frame.drop("since").join(since, on=KEY, how="left", maintain_order="left").select(list(COLUMNS))
    warehouse.replace_table(WATCH, frame)
    return frame


def stop_models(warehouse: Warehouse, findings: pl.DataFrame) -> list[str]:
    """Where something stops a model, let the prior speak tonight: in `models_in_use` and `action_effects`.

    Returns:
        The models that are stopped.
    """
    stopping = findings.filter(pl.col("status") == "stop", pl.col("segment") == ALL)
    in_use = warehouse.query(f"select model, goal_id, model_version from {MODELS} where version is not null")
    stopped = stopping.join(in_use, on="model", suffix="_in_use").sort(KEY)
    reasons = {
        model: "stopped: "
        + "; ".join(f"{row['check']} of {row['subject']}, {row['detail']}" for row in group.to_dicts())
        for (model,), group in stopped.group_by("model", maintain_order=True)
    }
    goals = dict(in_use.select("model", "goal_id").iter_rows())
    with warehouse.connect() as connection:
        for model, reason in reasons.items():
            connection.execute(
                f"update {MODELS} set version = null, model_version = 'prior', status = '{STOPPED}',"
                " reason = $reason || ' (' || model_version || ': ' || reason || ')' where model = $model",
                {"reason": reason, "model": model},
            )
            if goals[model] is None:
                connection.execute(
                    f"update {EFFECTS} set evidence = 'prior', reason = $reason where evidence in ('model', 'family')",
                    {"reason": reason},
                )
    return [str(model) for model in reasons]


def read_reviews(warehouse: Warehouse, night: date) -> tuple[Review, ...]:
    """What waits for a person tonight because of a finding; none where nothing is watched.

    A segment can't be stopped on its own: there, what would stop a model waits for a person too.
    """
    known = "select count(*) from information_schema.tables where table_schema || '.' || table_name = $name"
    if not warehouse.query(known, name=WATCH).item():
        return ()
    found = warehouse.query(
        f"select goal_id, action_id, segment, subject, t.check, detail from {WATCH} as t"
        f" where status = 'review' or (status = 'stop' and segment <> '{ALL}') order by all"
    )
    return tuple(
        Review(
            row["goal_id"], row["action_id"], _contacts(warehouse, night, row["segment"]),
            f"{row['check']} of {row['subject']}, {row['detail']}",
        )
        for row in found.to_dicts()
    )  # fmt: skip


def _since(ledger: Ledger, night: date, found: pl.DataFrame) -> pl.DataFrame:
    """The columns of the key, and since: one row per finding."""
    earlier = ledger.read("watch", before=night)
    nights = [date.fromisoformat(path.name[:10]) for path in ledger.files("watch", before=night)]
    keys = dict.fromkeys(found.select(KEY).iter_rows(), night)
    if earlier is not None:
        running = set(keys)
        for before in reversed(nights):
            running &= set(earlier.filter(pl.col("run_date") == before).select(KEY).iter_rows())
            keys |= dict.fromkeys(running, before)
    rows = [(*key, since) for key, since in keys.items()]
    return pl.DataFrame(rows, schema={**dict.fromkeys(KEY, pl.String), "since": pl.Date}, orient="row")


def _contacts(warehouse: Warehouse, night: date, segment: str) -> frozenset[str] | None:
    """Whom a segment has; None for everybody."""
    if segment == ALL:
        return None
    name, _, value = segment.partition("=")
    columns = set(warehouse.query("describe features.contact_features")["column_name"])
    column = f'"{name}"' if name in columns else f"json_extract_string(traits, '$.{name}')"
    found = warehouse.query(
        f"select contact_id from features.contact_features where as_of_date = $night and {column}::varchar = $value",
        night=night, value=value,
    )  # fmt: skip
    return frozenset(found["contact_id"])
