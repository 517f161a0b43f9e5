"""`python -m sandbox`: make a simulated market, or let it answer to what was published."""

import argparse
import sys
from datetime import date
from pathlib import Path

from sandbox.answers import AnswerError, answer_night
from sandbox.market import DEFAULT_EVENTS, create_market
from sandbox.truth import TruthError


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns the exit code: 0 done, 1 failed, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="EXPORTS", help="folder of the exports")
    parser.add_argument(
        "--date", type=date.fromisoformat, required=True, help="first night, or the night to answer (YYYY-MM-DD)"
    )
    parser.add_argument("--contacts", type=int, help="number of true people; makes a new market")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same market (default: 7)")
    parser.add_argument(
        "--events-per-contact", type=float, default=DEFAULT_EVENTS, help="events in history (default: 15)"
    )
    parser.add_argument(
        "--shock-on", type=date.fromisoformat, help="day from which each action does what another one did before"
    )
    parser.add_argument(
        "--answer", type=Path, metavar="HOME", help="let people act on what HOME published for the night"
    )
    options = parser.parse_args(arguments)
    if (options.contacts is None) == (options.answer is None):
        parser.error("give either --contacts (a new market) or --answer (the next day of one)")
    if options.contacts is not None and (options.contacts < 1 or options.events_per_contact <= 0):
        parser.error("--contacts and --events-per-contact must be positive")
    try:
        if options.answer is None:
            events, shock_on = options.events_per_contact, options.shock_on
            create_market(options.out, options.contacts, options.date, options.seed, events, shock_on=shock_on)
        else:
            answer_night(options.out, options.answer, options.date)
    except (AnswerError, TruthError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
