"""Hillstrom's trial through the nightly job: trains on one half, judges the choice on the other.

    python -m benchmarks.hillstrom [--seed 0]

Prints normalised Qini per e-mail and visits per 1,000 customers of each policy, without a limit and with a volume cap
of 30 % of the customers, and writes benchmarks/results/hillstrom.json.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.hillstrom.exports import DECIDED_ON, read_trial, write_exports
from benchmarks.hillstrom.judging import ARMS, Judgement, Policy, fixed_policies, judge, judge_ranking
from benchmarks.paths import DATA_DIR, write_result
from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings
from models.evaluation import Estimate
from models.qini import QiniResult

POLICY = Path(__file__).with_name("policy") / "policy.yml"
CAPPED_SHARE = 0.3
console = Console(width=150)


@dataclass(frozen=True)
class Choice:
    """What the night decided for the test half, in its order: predicted uplift per action, probability per arm."""

    count_contacts: int
    uplift: dict[str, np.ndarray]
    policy: Policy


def main(seed: int = 0) -> None:
    """Run the study and write its result."""
    trial = read_trial(DATA_DIR / "uplift_hillstrom_email" / "hillstrom.csv.gz", seed)
    training, test = trial.filter("is_training"), trial.filter(~pl.col("is_training"))
    result: dict[str, object] = {"seed": seed, "customers": len(trial)}
    folder = Path(tempfile.mkdtemp(prefix="nightjar-hillstrom-"))
    try:
        write_exports(trial, folder / "exports")
        for share in (1.0, CAPPED_SHARE):
            choice = decide(folder, trial, test, share)
            ranking = judge_ranking(test, choice.uplift)
            judgements = judge(test, training, choice.policy, fixed_policies(len(test), share))
            show(choice, ranking, judgements, share)
            result["contacts"] = choice.count_contacts
            result["qini"] = {action: vars(each) for action, each in ranking.items()}
            result[f"visits per 1,000, {share:.0%} may be mailed"] = [as_json(each) for each in judgements]
    finally:
        shutil.rmtree(folder)
    console.print(f"written: {write_result('hillstrom', result)}")


def decide(folder: Path, trial: pl.DataFrame, test: pl.DataFrame, share_mailed: float) -> Choice:
    """Run the night with a volume cap on the channel and read its choice.

    Raises:
        RuntimeError: the night failed.
    """
    policy = folder / f"policy_{share_mailed:.0%}"
    policy.mkdir()
    text = POLICY.read_text()
    if share_mailed < 1:
        text = text.replace("is_addressed_by:", f"daily_volume: {int(share_mailed * len(trial))}, is_addressed_by:")
    (policy / "policy.yml").write_text(text)
    home = folder / "home"
    result = run_night(Settings(home=home, exports=folder / "exports", policy=policy, run_date=DECIDED_ON))
    if not result.success:
        raise RuntimeError(f"the night failed: {result.failures}")
    return read_choice(Warehouse(home=str(home)), test)


def read_choice(warehouse: Warehouse, test: pl.DataFrame) -> Choice:
    """The night's choice for each customer of the test half."""
    count_contacts = warehouse.query("select count(*) as n from core.contacts").item()
    ids = warehouse.query(
        "select source_id as id, contact_id from identity.contact_id_map where source || object = 'hubspotcontact'"
    )
    customers = test.select(pl.col("id").cast(pl.String)).join(ids, on="id", how="left", validate="1:1")
    scores = warehouse.query("select contact_id, action_id, uplift from decisioning.action_scores")
    uplift = {
        action: customers.join(
            scores.filter(pl.col("action_id") == action), on="contact_id", how="left", maintain_order="left"
        )["uplift"].to_numpy()
        for action in ARMS
        if action != "none"
    }
    chosen = customers.join(
        warehouse.query("select contact_id, coalesce(action_id, 'none') as action from decisioning.next_best_action"),
        on="contact_id",
        how="left",
        maintain_order="left",
        validate="1:1",
    )["action"]
    probability = np.column_stack([(chosen == arm).to_numpy() for arm in ARMS]).astype(float)
    return Choice(count_contacts, uplift, Policy("Nightjar", probability))


def show(choice: Choice, ranking: dict[str, QiniResult], judgements: list[Judgement], share: float) -> None:
    """Print the tables of one night."""
    if share == 1:
        console.print(f"{choice.count_contacts:,} contacts")
        for action, qini in ranking.items():
            interval = f"[{qini.lower:.3f}, {qini.upper:.3f}]"
            console.print(f"normalised Qini, {action}: {qini.coefficient:.3f} {interval}", markup=False)
    limit = "no limit" if share == 1 else f"at most {share:.0%} of the customers mailed"
    table = Table(title=f"Visits per 1,000 customers, {limit}, with 95 % intervals")
    for column in ("policy", "mailed", "IPS", "doubly robust", "against the best fixed policy"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    for each in judgements:
        difference = _per_thousand(each.difference) if each.difference else "it is the best fixed policy"
        row = (each.policy, f"{each.share_mailed:.1%}", _per_thousand(each.ips), _per_thousand(each.dr), difference)
        table.add_row(*row)
    console.print(table)


def as_json(judgement: Judgement) -> dict[str, object]:
    """The judgement's figures."""

    def figures(estimate: Estimate | None) -> dict[str, float] | None:
        if estimate is None:
            return None
        return {name: 1000 * getattr(estimate, name) for name in ("value", "low", "high")}

    return {
        "policy": judgement.policy,
        "share_mailed": judgement.share_mailed,
        "ips": figures(judgement.ips),
        "doubly_robust": figures(judgement.dr),
        "difference_from_best_fixed": figures(judgement.difference),
    }


def _per_thousand(estimate: Estimate) -> str:
    return f"{1000 * estimate.value:.1f} [{1000 * estimate.low:.1f}, {1000 * estimate.high:.1f}]"


if __name__ == "__main__":
    typer.run(main)
