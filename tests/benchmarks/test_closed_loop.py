from benchmarks.learning.closed_loop.__main__ import nights_to_recover


def test_regret_is_back_when_some_nights_together_are_as_before_the_shock() -> None:
    regrets = [0.9] * 20 + [0.5] * 10 + [0.8] * 6 + [0.4] * 14
    assert nights_to_recover(regrets, 30) == 6 + 4


def test_regret_that_stays_high_never_recovers() -> None:
    assert nights_to_recover([0.5] * 30 + [0.8] * 30, 30) is None


def test_without_a_shock_there_is_nothing_to_recover_from() -> None:
    assert nights_to_recover([0.5] * 30, 30) is None
