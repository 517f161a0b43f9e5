from models.came_true import Compared
from models.drift import FeatureDrift
from models.watching import Bounds, Watched, calibration_finding, drift_finding, effect_finding, gini_finding

BOUNDS = Bounds(warn=1.25, review=2.0, stop=4.0)


def compared(value: float, low: float, high: float, came: float = 0.05) -> Compared:
    return Compared(value, low, high, count=1000, outcomes=50, stated=0.04, came=came)


def test_a_figure_is_judged_by_the_highest_bound_it_reaches() -> None:
    assert [BOUNDS.judge(each) for each in (1.0, 1.25, 1.9, 2.0, 9.0)] == [
        ("ok", 1.25), ("warn", 1.25), ("warn", 1.25), ("review", 2.0), ("stop", 4.0),
    ]  # fmt: skip
    assert Bounds(review=0.5).judge(0.7) == ("review", 0.5)
    assert Bounds().judge(99.0) == ("ok", None)


def test_what_may_be_chance_is_never_told() -> None:
    watched = Watched("nightjar-propensity-reply", "calibration", "reply")
    assert calibration_finding(watched, compared(5.0, 0.9, 20.0), BOUNDS).status == "ok"
    assert calibration_finding(watched, compared(5.0, 1.1, 20.0), BOUNDS).status == "stop"
    assert calibration_finding(watched, compared(0.4, 0.2, 0.8), BOUNDS).status == "review"
    assert gini_finding(watched, compared(-0.8, -0.9, 0.1), Bounds(warn=0.7)).status == "ok"
    assert gini_finding(watched, compared(-0.8, -0.9, -0.6), Bounds(warn=0.7)).status == "warn"


def test_an_effect_that_is_larger_than_stated_harms_nobody() -> None:
    watched = Watched("nightjar-uplift", "effect", "call for reply")
    bounds = Bounds(warn=0.5, review=1.0)
    assert effect_finding(watched, compared(-2.0, -3.0, -1.0), bounds).status == "ok"
    finding = effect_finding(watched, compared(2.0, 1.2, 2.8, came=-0.03), bounds)
    assert finding.status == "review" and "harms" in finding.detail and "−3.00 points" in finding.detail


def test_drift_says_what_moved_and_by_whom() -> None:
    watched, bounds = Watched("m", "drift", "industry"), Bounds(warn=0.1, review=0.25)
    moved = FeatureDrift("industry", 0.6, 0.01, 0.02, 0.05, "Retail", 0.2, 0.7)
    finding = drift_finding(watched, moved, bounds)
    assert (finding.status, finding.threshold) == ("review", 0.25)
    assert "Retail: 20.0 % then, 70.0 % now" in finding.detail
    by_us = FeatureDrift("industry", 0.6, 0.01, 0.02, 0.05, "Retail", 0.2, 0.7, left_alone=0.02)
    assert drift_finding(watched, by_us, bounds).status == "ok"
    assert "left alone have hardly moved" in drift_finding(watched, by_us, bounds).detail


def test_what_decisions_move_themselves_never_holds_them_back() -> None:
    """The old rules leave the holdout alone as well, so that its touches move with everybody's, only less."""
    watched, bounds = Watched("m", "drift", "days_since_touch"), Bounds(warn=0.1, review=0.25, stop=1.0)
    both = FeatureDrift("count_email_open_30d", 9.0, 0.01, 0.02, 0.05, "up to 7", 0.5, 0.003, left_alone=2.0)
    assert drift_finding(watched, both, bounds).status == "warn"
    touched = FeatureDrift("account_count_touches_30d", 9.0, 0.01, 0.02, 0.05, "up to 1", 0.5, 0.003, left_alone=8.0)
    assert drift_finding(watched, touched, bounds).status == "warn"
    world = FeatureDrift("count_page_view_30d", 9.0, 0.01, 0.02, 0.05, "up to 7", 0.5, 0.003, left_alone=8.0)
    assert drift_finding(watched, world, bounds).status == "stop"
