"""`nightjar status`: the last nights, what is published, what was rejected, what the models know, what is missing."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from dagster_project.commands.console import CommandError, out, print_frame, print_json
from dagster_project.commands.nights import NightRun, last_nights
from dagster_project.commands.reading import (
    Section,
    existing_home,
    latest_published,
    newest_report,
    open_warehouse,
)
from dagster_project.publishing import PublishError, read_manifest

SECTIONS = (
    Section(
        "rejected", "Rejected rows", ("raw.rejected_rows",),
        """select source || '/' || object as object, count(*) as rejected, min(reason) as for_example
           from raw.rejected_rows group by 1 order by rejected desc, object""",
        "none",
    ),
    Section(
        "new_columns", "Columns that Nightjar doesn't know (kept in _extra)", ("raw.new_columns",),
        "select source || '/' || object as object, column_name, first_file from raw.new_columns order by 1, 2",
        "none",
    ),
    Section(
        "models", "Models in use", ("decisioning.models_in_use",),
        """select replace(model, 'nightjar-', '') as model, status, version, trained_on, count_rows as rows,
                  count_outcomes as outcomes, round(auc, 2) as auc, round(qini, 3) as qini, reason
           from decisioning.models_in_use order by model""",
        "none yet: all scores are priors of the policy",
    ),
    Section(
        "watch", "What watching the models found", ("decisioning.model_watch",),
        """select t.status, t."check", replace(t.model, 'nightjar-', '') as model, t.subject, t.segment,
                  round(t.value, 2) as figure, t.since, t.detail
           from decisioning.model_watch as t where t.status <> 'ok'
           order by list_position(['stop', 'review', 'warn'], t.status), t."check", t.subject, t.segment, t.model""",
        "nothing: every figure is within the policy's thresholds, or may be chance",
    ),
    Section(
        "goals", "Goals with a target", ("decisioning.goal_progress",),
        """select name as goal, pace, target, target_by as by, count_reached as reached,
                  round(count_planned) as planned_by_now, round(needed_per_night, 1) as needed_per_night,
                  round(expected_anyway_per_night + expected_added_per_night, 1) as expected_per_night,
                  round(forecast) as forecast
           from decisioning.goal_progress order by goal_id""",
        "no goal of the policy has a target",
    ),
    Section(
        "autonomy", "What was measured speaks for another mode", ("decisioning.autonomy_advice",),
        """select action_id as action, replace(advice, '_', ' ') as advice, autonomy_mode as mode,
                  advised_mode as to_mode, low_cents, high_cents, why
           from decisioning.autonomy_advice where advice <> 'stay' order by 1""",
        "nothing: no action is proven to deserve more, or less, than its mode",
    ),
    Section(
        "history", "What the old rules' logs say of actions that still need a prior", ("decisioning.history_effects",),
        """select action_id as action, goal_id as goal, verdict, effect as uplift, error as uplift_standard_error,
                  count_treated as reached, reason
           from decisioning.history_effects order by verdict desc, 1, 2""",
        "nothing: no rule did an action that still needs a prior",
    ),
    Section(
        "actions", "What the actions are decided by, tonight", ("decisioning.action_scores",),
        """select action_id as action, string_agg(distinct evidence, ' and ' order by evidence) as evidence,
                  count(distinct contact_id) as allowed_contacts, avg(uplift) as mean_uplift,
                  avg(expected_value_cents) as mean_expected_value_cents
           from decisioning.action_scores group by 1 order by 1""",
        "nothing scored yet",
    ),
)  # fmt: skip

ROWS_OF_OBJECTS = """
select replace(table_name, '__', '/') as object, cast(estimated_size as bigint) as rows
from duckdb_tables() where schema_name = 'raw' and table_name like '%\\_\\_%' escape '\\' order by 1
"""


def status(
    home: Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")] = None,
    nights: Annotated[int, typer.Option(min=1, help="How many nights to show.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the last nights, the published set, rejected rows, what models know, and which sources are missing."""
    folder = existing_home(home)
    runs = last_nights(folder, nights)
    published = published_tables(folder)
    try:
        with open_warehouse(folder) as warehouse:
            found = {s.name: warehouse.section(s) for s in SECTIONS}
            objects = warehouse.rows(ROWS_OF_OBJECTS)
        unread = None
    except CommandError as error:
        found, objects, unread = {}, pl.DataFrame(schema={"object": pl.String, "rows": pl.Int64}), str(error)
    missing = objects.filter(pl.col("rows") == 0)["object"].to_list()
    if as_json:
        print_json({
            "home": folder, "nights": [asdict(run) for run in runs], "published": _published_json(folder, published),
            **{name: frame.to_dicts() for name, frame in found.items()},
            "objects": objects.to_dicts(), "missing": missing, "warehouse_unread": unread,
            "report": newest_report(folder),
        })  # fmt: skip
        return
    _print_nights(folder, runs)
    _print_published(folder, published)
    if unread:
        out.print(f"\n{unread}", markup=False)
        return
    for section in SECTIONS:
        print_frame(section.title, found[section.name], empty=section.empty)
    _print_exports(objects.filter(pl.col("rows") > 0))
    out.print(f"\n[bold]Nothing exported[/] (what is built on it is empty): {', '.join(missing) or 'none'}")


def published_tables(home: Path) -> pl.DataFrame:
    """One row per table of the newest published set: table, rows; empty before the first.

    Raises:
        CommandError: the set's manifest can't be read.
    """
    folder = latest_published(home)
    if folder is None:
        return pl.DataFrame(schema={"table": pl.String, "rows": pl.Int64})
    try:
        manifest = read_manifest(folder)
    except PublishError as error:
        raise CommandError(str(error)) from error
    return pl.DataFrame(
        [(table.name, table.rows) for table in manifest.tables],
        schema={"table": pl.String, "rows": pl.Int64},
        orient="row",
    )


def _published_json(home: Path, published: pl.DataFrame) -> dict[str, object] | None:
    folder = latest_published(home)
    return {"folder": folder, "rows": dict(published.iter_rows())} if folder else None


def _print_nights(home: Path, runs: list[NightRun]) -> None:
    out.print(f"[bold]Home[/] {home}")
    frame = pl.DataFrame(
        [(run.run_date, run.result, run.started_at, run.seconds) for run in runs],
        schema={"night": pl.String, "result": pl.String, "started_at": pl.Datetime, "seconds": pl.Float64},
        orient="row",
    )
    print_frame("Nights, newest first", frame, empty=f"none yet; nightjar run --exports DIR --home {home}")
    if runs and runs[0].seconds_by_stage:
        stages = " · ".join(f"{stage} {seconds:.1f}" for stage, seconds in runs[0].seconds_by_stage.items())
        out.print(f"  [dim]seconds by stage, newest night: {stages}[/]")


def _print_published(home: Path, published: pl.DataFrame) -> None:
    folder = latest_published(home)
    print_frame(f"Published: {folder}" if folder else "Published", published, empty="nothing yet")
    report = newest_report(home)
    out.print(f"\n[bold]Report[/] {report or 'none yet'}")


def _print_exports(objects: pl.DataFrame) -> None:
    """One line per source: its objects and their rows."""
    out.print("\n[bold]Rows read from the exports[/]")
    named = objects.with_columns(pl.col("object").str.split_exact("/", 1).struct.unnest())
    for (source,), group in named.group_by("field_0", maintain_order=True):
        counts = " · ".join(f"{name} {rows:,}" for name, rows in group.select("field_1", "rows").iter_rows())
        out.print(f"  {source:<11} {counts}", markup=False)
    if objects.is_empty():
        out.print("  [dim]nothing was read yet[/]")
