"""A trial of one's own through the nightly job: it learns from one part, and its choice is judged on the rest.

    python -m benchmarks.learning.own FILE --treatment segment --outcome visit --control "No E-Mail"
        [--probability COLUMN] [--leave-out spend --leave-out conversion] [--training-share 0.5] [--share-acted 0.3]

FILE is CSV (gzipped or not) or Parquet with one row per person. Leave out what became known after the treatment. Prints
normalised Qini and slope of uplift per action and outcomes per 1,000 people under each policy, and writes
benchmarks/results/own.json.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.learning.own.trial_exports import write_exports
from benchmarks.learning.own.trial_judging import as_json, fixed_policies, judge, judge_ranking
from benchmarks.learning.own.trial_night import decide
from benchmarks.learning.own.trial_printing import show_policies, show_ranking
from benchmarks.learning.own.trial_table import TrialError, TrialTable, make_trial, read_trial
from benchmarks.learning.printing import console
from benchmarks.paths import write_result


def main(  # noqa: PLR0917  (typer makes options of them)
    file: Annotated[Path, typer.Argument(help="One row per person.", exists=True)],
    treatment: Annotated[str, typer.Option(help="Column with what each person got.")],
    outcome: Annotated[str, typer.Option(help="Column with 0 or 1.")],
    control: Annotated[str, typer.Option(help="The treatment that is no action.")],
    probability: Annotated[str | None, typer.Option(help="Column with the probability of what was got.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option(help="Columns that aren't features.")] = None,
    training_share: Annotated[float, typer.Option(help="Share of people whose outcomes the night knows.")] = 0.5,
    share_acted: Annotated[float, typer.Option(help="Share of all people that may get an action.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the split.")] = 0,
) -> None:
    """Run the trial and write its result."""
    try:
        trial = make_trial(
            read_trial(file), treatment, outcome, control, probability=probability,
            left_out=tuple(leave_out or ()), training_share=training_share, seed=seed,
        )  # fmt: skip
    except TrialError as error:
        raise typer.BadParameter(str(error)) from error
    console.print(f"{len(trial.frame):,} people, {len(trial.traits)} traits, actions: {', '.join(trial.actions)}")
    console.print(f"written: {write_result('own', run(trial, [share_acted], 'Outcomes'))}")


def run(trial: TrialTable, shares_acted: list[float], what: str) -> dict[str, object]:
    """A night for each volume cap on the same home; figures by cap."""
    folder = Path(tempfile.mkdtemp(prefix="nightjar-trial-"))
    result: dict[str, object] = {"people": len(trial.frame)}
    try:
        write_exports(trial, folder / "exports")
        for share in shares_acted:
            choice = decide(trial, folder, share)
            ranking = judge_ranking(trial, choice)
            judgements = judge(trial, choice, fixed_policies(trial, share))
            show_ranking(ranking)
            show_policies(judgements, share, what)
            result["contacts"] = choice.count_contacts
            result[f"{share:.0%} may get an action"] = as_json(judgements, ranking, choice.effects)
    finally:
        shutil.rmtree(folder)
    return result


if __name__ == "__main__":
    typer.run(main)
