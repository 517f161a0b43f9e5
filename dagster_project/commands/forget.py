"""`nightjar forget`: a person asks to be erased."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.commands.console import WrongUseError, out, print_json
from dagster_project.commands.reading import existing_home

ADDRESS = re.compile(r"[^\s@<>,;()]+@[^\s@<>,;()]+\.[^\s@.<>,;()]+")


def forget(
    email: Annotated[str, typer.Argument(help="An e-mail address of the person.", show_default=False)],
    home: Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Erase a person from everything a home holds, and keep them out of every export to come.

    Reached are raw rows and the quarantine, the ledger, all tables, published sets, reports and logs. Models that may
    have learnt from the person are retired and trained anew by the next night. What stays is a keyed hash of what the
    person was known by; its key is HOME/erasure.key: back it up with the ledger. Erase them in your exports as well.
    """
    if not ADDRESS.fullmatch(email.strip()):
        raise WrongUseError(f"{email!r} isn't an e-mail address; nothing was erased")
    folder = existing_home(home)
    from dagster_project.erasure.forgetting import forget_person  # noqa: PLC0415 - imports Dagster, which takes seconds
    from dagster_project.night_run import lock_home  # noqa: PLC0415

    with lock_home(folder):
        done = forget_person(folder, email.strip().lower())
    if as_json:
        print_json(asdict(done))
        return
    if not done.is_known:
        out.print("No contact has this address. It is remembered as a keyed hash; no export brings it in.")
    else:
        out.print(f"Forgotten, by {done.count_identifiers} identifiers that stay as keyed hashes.")
    out.print(
        f"  erased: {done.raw_rows:,} exported rows or mentions, {done.derived_rows:,} rows made of them,"
        f" {done.ledger_rows:,} of the ledger, {done.published_rows:,} published; {done.texts} reports and logs cleaned"
    )
    if done.models:
        out.print(f"  retired: {', '.join(done.models)}; the next night trains anew")
    out.print("  the next night builds everything without this person; erase them in the exporting systems as well")
