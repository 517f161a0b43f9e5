"""Hillstrom's trial through the nightly job: trains on one half, judges the choice on the other.

    python -m benchmarks.hillstrom [--seed 0]

Prints normalised Qini per e-mail and visits per 1,000 customers of each policy, without a limit and with a volume cap
of 30 % of the customers, and writes benchmarks/results/hillstrom.json. The trial has neither ids nor dates: see
benchmarks/learning/own, which does the same with any trial.

Source: Kevin Hillstrom, MineThatData E-Mail Analytics And Data Mining Challenge, 2008-03-20.
"""

import typer

from benchmarks.learning.own.__main__ import run
from benchmarks.learning.own.trial_table import make_trial, read_trial
from benchmarks.learning.printing import console
from benchmarks.paths import DATA_DIR, write_result

FILE = DATA_DIR / "uplift_hillstrom_email" / "hillstrom.csv.gz"
# Known only after the e-mail.
LEFT_OUT = ("conversion", "spend")
CAPPED_SHARE = 0.3


def main(seed: int = 0) -> None:
    """Run the study and write its result."""
    trial = make_trial(read_trial(FILE), "segment", "visit", "No E-Mail", left_out=LEFT_OUT, seed=seed)
    result = run(trial, [1.0, CAPPED_SHARE], "Visits")
    console.print(f"written: {write_result('hillstrom', {'seed': seed, **result})}")


if __name__ == "__main__":
    typer.run(main)
