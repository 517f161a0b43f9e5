"""Tables of a trial that went through the nightly job."""

from benchmarks.learning.own.trial_judging import Judgement, Ranking
from benchmarks.learning.printing import show_table
from models.evaluation import Estimate


def show_ranking(ranking: dict[str, Ranking]) -> None:
    """Normalised Qini and slope by action."""
    rows: list[list[object]] = [
        [action, f"{each.qini.coefficient:.3f} [{each.qini.lower:.3f}, {each.qini.upper:.3f}]",
         f"{each.slope:.2f} ± {2 * each.slope_error:.2f}"]
        for action, each in ranking.items()
    ]  # fmt: skip
    show_table("Each action against none", ["action", "normalised Qini", "slope of uplift"], rows)


def show_policies(judgements: list[Judgement], share_acted: float, what: str) -> None:
    """Outcomes per 1,000 people under each policy."""
    limit = "no limit" if share_acted == 1 else f"at most {share_acted:.0%} of the people get an action"
    rows: list[list[object]] = [
        [each.policy, f"{each.share_acted:.1%}", _per_thousand(each.ips), _per_thousand(each.dr),
         _per_thousand(each.difference) if each.difference else "it is the best fixed policy"]
        for each in judgements
    ]  # fmt: skip
    columns = ["policy", "acted", "IPS", "doubly robust", "against the best fixed policy"]
    show_table(f"{what} per 1,000 people, {limit}, with 95 % intervals", columns, rows)


def _per_thousand(estimate: Estimate) -> str:
    return f"{1000 * estimate.value:.1f} [{1000 * estimate.low:.1f}, {1000 * estimate.high:.1f}]"
