from datetime import date

import numpy as np
import polars as pl
import pytest

from models.surrogates import early_goals, train_surrogate_index

EARLY = ("early_meeting", "early_opportunity", "early_reply")


def contacts(count: int, seed: int, meeting_rate: float = 0.04) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows with features, what was reached early, and a rare win that comes mostly of an opportunity."""
    generator = np.random.default_rng(seed)
    meeting, reply = generator.random(count) < meeting_rate, generator.random(count) < 0.06
    opportunity = generator.random(count) < np.where(meeting, 0.4, 0.005)
    truth = np.where(opportunity, 0.4, np.where(meeting, 0.06, np.where(reply, 0.008, 0.002)))
    frame = pl.DataFrame(
        {
            "contact_id": [f"c{each}" for each in range(count)],
            "unit_id": [f"a{each // 2}" for each in range(count)],
            "as_of_date": [date(2026, 1, 1)] * count,
            "is_reached": (generator.random(count) < truth).astype(int),
            "sample_weight": np.ones(count),
            **{f"x{each}": generator.normal(size=count) for each in range(5)},
            **{name: of.astype(int) for name, of in zip(EARLY, (meeting, opportunity, reply), strict=True)},
        }
    )
    return frame, truth


def test_some_forty_wins_tell_what_an_opportunity_means() -> None:
    """The effect of an action that doubles meetings comes out of early outcomes alone."""
    told = []
    for seed in range(5):
        frame, _ = contacts(4_000, seed)
        index = train_surrogate_index("win", frame, (), 25, seed, early=EARLY)
        (treated, truth), (control, without) = contacts(20_000, 100 + seed, 0.08), contacts(20_000, 200 + seed)
        effect = index.predict(treated).mean() - index.predict(control).mean()
        told.append(effect / (truth.mean() - without.mean()))
    assert np.mean(told) == pytest.approx(1.0, abs=0.25)
    assert index.metrics.auc > 0.7


def test_early_goals_are_known_in_half_the_time() -> None:
    horizons = {"reply": 7, "meeting": 14, "opportunity": 30, "win": 90}
    assert early_goals("win", horizons) == ("meeting", "opportunity", "reply")
    assert early_goals("opportunity", horizons) == ("meeting", "reply")
    assert early_goals("reply", horizons) == ()
