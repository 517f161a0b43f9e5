"""`nightjar models`: which versions there are, which one stands, and a person's word on that."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import polars as pl
import typer

from dagster_project.commands.console import CommandError, WrongUseError, out, print_frame, print_json
from dagster_project.commands.reading import existing_home

if TYPE_CHECKING:
    from dagster_project.model_words import ModelHistory
    from dagster_project.resources.ledger import Ledger
    from dagster_project.resources.registry import Registry, Version

app = typer.Typer(help="The models: their versions, the champions, and who decided it.", no_args_is_help=True)

Home = Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str | None, typer.Option(help="Who decides; the user of this machine if left out.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the word.")]
Model = Annotated[str, typer.Argument(help="As `nightjar models list` names it: uplift, propensity-reply.")]


@app.command("list")
def list_models(
    model: Annotated[str | None, typer.Argument(help="One model; all if left out.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show each version: the night it was trained for, why, how it was judged, and which one stands next."""
    from dagster_project.model_words import read_history  # noqa: PLC0415 - imports Dagster, which takes seconds

    with _said_plainly():
        registry, ledger = _resources(existing_home(home))
        histories = [read_history(registry, ledger, each) for each in ([model] if model else registry.names())]
    if as_json:
        print_json([_as_json(registry, history) for history in histories])
    elif not histories:
        out.print("no model yet: all scores are priors of the policy")
    for history in [] if as_json else histories:
        _print_history(history)


@app.command()
def promote(
    model: Model,
    version: Annotated[str, typer.Argument(help="Number of the version; `prior` for the policy's own beliefs.")],
    *,
    by: By = None,
    reason: Reason = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Pin a version as champion, from the next night on, until it is released."""
    _give("promote", model, version, by=by, reason=reason, home=home, as_json=as_json)


@app.command()
def rollback(
    model: Model,
    to: Annotated[str | None, typer.Option(help="Version, or `prior`; the champion before, if left out.")] = None,
    *,
    by: By = None,
    reason: Reason = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Go back to an earlier champion and pin it, from the next night on, until it is released."""
    _give("rollback", model, to, by=by, reason=reason, home=home, as_json=as_json)


@app.command()
def release(model: Model, by: By = None, reason: Reason = "", home: Home = None, as_json: AsJson = False) -> None:
    """Let challengers take the place of a pinned version again, if they are better."""
    _give("release", model, None, by=by, reason=reason, home=home, as_json=as_json)


def _give(
    verdict: Literal["promote", "rollback", "release"],
    model: str,
    number: str | None,
    *,
    by: str | None,
    reason: str,
    home: Path | None,
    as_json: bool,
) -> None:
    from dagster_project import model_words  # noqa: PLC0415 - imports Dagster, which takes seconds
    from dagster_project.night_run import lock_home  # noqa: PLC0415

    folder = existing_home(home)
    registry, ledger = _resources(folder)
    with _said_plainly(), lock_home(folder):
        history = model_words.read_history(registry, ledger, model)
        version = model_words.version_meant(history, verdict, number)
        said = model_words.give_word(
            registry, ledger, history, verdict, version, decided_by=by or getpass.getuser(), reason=reason
        )
    if as_json:
        print_json(said.__dict__)
        return
    what = "the policy's priors" if version is None else f"version {version.version}"
    short, night = history.short_name, said.counts_from
    if verdict == "release":
        out.print(f"{short}: {what} stays from the night of {night} on, until a challenger is better.")
    else:
        out.print(
            f"{short}: {what} from the night of {night} on, until `nightjar models release {short}`. Nights before "
            "that, run again, stay as they were.",
            markup=False,
        )


def _print_history(history: "ModelHistory") -> None:
    frame = pl.DataFrame(
        [_row(history, version) for version in reversed(history.versions)],
        schema={
            "version": pl.String, "place": pl.String, "trained_for": pl.String, "because": pl.String,
            "outcomes": pl.Int64, "judgement": pl.String,
        },
        orient="row",
    )  # fmt: skip
    print_frame(history.short_name, frame)
    stands = history.stands
    if stands.pin and stands.version is None:
        out.print("  the policy's priors decide", markup=False)
    for told in (stands.pin.words if stands.pin else "", stands.lost):
        if told:
            out.print(f"  {told}", markup=False)


def _row(history: "ModelHistory", version: "Version") -> tuple[str, str, str, str | None, int, str]:
    tags = version.tags
    return (
        str(version.version), history.place_of(version), tags["trained_for"], tags.get("trained_because"),
        int(tags["count_outcomes"]), tags["judgement"],
    )  # fmt: skip


def _as_json(registry: "Registry", history: "ModelHistory") -> dict[str, object]:
    stands = history.stands
    return {
        "model": history.short_name,
        "champion": stands.version.version if stands.version else None,
        "pinned": stands.pin.words if stands.pin else None,
        "counts_from": history.next_night,
        "versions": [
            {
                "version": version.version,
                "place": history.place_of(version),
                "run_id": version.run_id,
                **version.tags,
                "metrics": registry.metrics(version),
            }
            for version in history.versions
        ],
        "words": [verdict.__dict__ for verdict in history.verdicts],
    }


@contextmanager
def _said_plainly() -> Iterator[None]:
    from dagster_project.model_words import ModelWordError, UnknownModelError  # noqa: PLC0415 - imports Dagster

    try:
        yield
    except UnknownModelError as error:
        raise WrongUseError(str(error)) from error
    except ModelWordError as error:
        raise CommandError(str(error)) from error


def _resources(home: Path) -> tuple["Registry", "Ledger"]:
    from dagster_project.resources.ledger import Ledger  # noqa: PLC0415 - imports Dagster, which takes seconds
    from dagster_project.resources.registry import Registry  # noqa: PLC0415

    return Registry(home=str(home)), Ledger(home=str(home))
