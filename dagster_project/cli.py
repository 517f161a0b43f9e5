"""The command `nightjar`. Exit codes: 0 done, 1 failed, 2 wrong use."""

from typing import Annotated

import typer

from dagster_project.commands import models, policy, rules
from dagster_project.commands.approve import approve
from dagster_project.commands.console import PlainErrors
from dagster_project.commands.demo import demo
from dagster_project.commands.doctor import doctor
from dagster_project.commands.explain import explain
from dagster_project.commands.forget import forget
from dagster_project.commands.report import report
from dagster_project.commands.run import run
from dagster_project.commands.status import status

app = typer.Typer(
    cls=PlainErrors,
    help="Nightjar: the next best action for every contact, every night, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def nightjar(
    is_verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the traceback of an error; stands anywhere.")
    ] = False,
) -> None:
    """Take the option that `PlainErrors` has already read."""


for command in (demo, run, status, report, explain, approve, forget, doctor):
    app.command()(command)
app.add_typer(models.app, name="models")
app.add_typer(policy.app, name="policy")
app.add_typer(rules.app, name="rules")
