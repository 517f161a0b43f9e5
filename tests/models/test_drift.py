import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2

from models.drift import FALSE_ALARM, FeatureDrift, Profile, fit_profile, psi
from models.encoding import FeatureEncoder, Trait, fit_encoder


def contacts(seed: int, count: int = 4000, clicks: float = 0.6, industry: tuple[float, ...] = (0.5, 0.3, 0.2)):
    generator = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "contact_id": [f"c{each}" for each in range(count)],
            "account_id": [f"a{each // 2}" for each in range(count)],
            "count_clicks": generator.poisson(clicks, count),
            "days_since_click": pl.Series(generator.exponential(20, count)).set(
                pl.Series(generator.random(count) < 0.4), None
            ),
            "has_phone": generator.random(count) < 0.5,
            "industry": generator.choice(["banking", "retail", "steel"], count, p=list(industry)),
            "traits": [f'{{"seats": {each % 50}}}' for each in range(count)],
        }
    )


def units(frame: pl.DataFrame) -> np.ndarray:
    return frame["account_id"].to_numpy()


def fitted(frame: pl.DataFrame) -> tuple[FeatureEncoder, Profile]:
    encoder = fit_encoder(frame, (Trait("seats", "number"),))
    return encoder, fit_profile(encoder, encoder.encode(frame), units(frame))


def measured(then: pl.DataFrame, now: pl.DataFrame) -> dict[str, FeatureDrift]:
    encoder, profile = fitted(then)
    return psi(profile, encoder.encode(now), units(now))


def test_the_index_is_the_sum_over_bins() -> None:
    then, now = contacts(0, industry=(0.5, 0.3, 0.2)), contacts(1, industry=(0.25, 0.5, 0.25))
    shares = [
        frame.group_by("industry").len().sort("industry")["len"].to_numpy() / frame.height for frame in (then, now)
    ]
    expected = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    found = measured(then, now)["industry"]
    assert found.psi == pytest.approx(expected, abs=0.002)
    assert (found.label, found.share_then, found.share_now) == ("banking", shares[0][0], shares[1][0])


def test_what_moved_is_found_and_nothing_else() -> None:
    then = contacts(0)
    moved = {
        "count_clicks": pl.col("count_clicks") * 5,
        "days_since_click": pl.lit(None, pl.Float64),
        "has_phone": pl.lit(True),
        "industry": pl.lit("whaling"),
        "traits": pl.lit("{}"),
    }
    for name, value in moved.items():
        drifts = measured(then, contacts(1).with_columns(value.alias(name)))
        found = {each.name for each in drifts.values() if each.beyond_noise > 0.1}
        assert found == {"seats" if name == "traits" else name}


def test_a_scale_that_changed_is_found_where_most_are_zero() -> None:
    then = contacts(0, clicks=0.1)
    now = contacts(1, clicks=0.1).with_columns(pl.col("count_clicks") * 100)
    assert measured(then, now)["count_clicks"].beyond_noise > 0.25


def test_what_only_grows_is_no_drift() -> None:
    then, now = contacts(0, clicks=3), contacts(1, clicks=3)
    largest = then["count_clicks"].max()
    aged = now.with_columns(
        pl.col("days_since_click") + 2,
        pl.when(pl.col("count_clicks") == largest).then(largest + 5).otherwise("count_clicks").alias("count_clicks"),
    )
    assert max(each.beyond_noise for each in measured(then, aged).values()) < 0.02


def test_what_decisions_move_themselves_is_no_drift() -> None:
    then, now = contacts(0), contacts(1)
    is_left_alone = (now["account_id"].str.slice(1).cast(pl.Int64) % 5 == 0).to_numpy()
    encoder, profile = fitted(then)

    def found(moved: pl.Expr) -> FeatureDrift:
        frame = now.with_columns(pl.when(moved).then(pl.col("count_clicks") + 3).otherwise("count_clicks"))
        return psi(profile, encoder.encode(frame), units(frame), is_left_alone)["count_clicks"]

    by_decisions, by_the_world = found(~pl.Series(is_left_alone)), found(pl.lit(True))
    assert by_decisions.psi > 0.5 and by_decisions.beyond_noise < 0.02
    assert by_the_world.beyond_noise > 0.5


def test_contacts_of_an_account_count_as_they_are_alike() -> None:
    """What all of an account share is known as often as there are accounts; what they don't share, of each."""
    generator, people = np.random.default_rng(3), np.repeat(np.arange(1000), 4)
    frame = contacts(3, len(people)).with_columns(
        account_id=pl.Series([f"a{each}" for each in people]),
        industry=pl.Series(generator.choice(["retail", "steel"], 1000)[people]),
    )
    _, profile = fitted(frame)
    independent = {each.bins.name: each.counted.independent for each in profile.features}
    assert independent["industry"] == pytest.approx(1000, rel=0.05)
    assert independent["has_phone"] == pytest.approx(4000, rel=0.08)


def test_chance_alone_stays_within_the_noise() -> None:
    drifts = [each for seed in range(40) for each in measured(contacts(seed), contacts(1000 + seed)).values()]
    assert not [each for each in drifts if each.beyond_noise > 0]


def test_noise_is_no_larger_than_it_must_be() -> None:
    """Independent rows: as often past the expected quantiles as chi-squared says (Yurdakul 2018)."""
    alone = [
        each
        for seed in range(60)
        for frame in [contacts(seed, 2000).with_columns(account_id=pl.col("contact_id"))]
        for each in measured(frame, contacts(500 + seed, 2000).with_columns(account_id=pl.col("contact_id"))).values()
        if each.name == "industry"
    ]
    median = np.median([each.psi for each in alone])
    expected = np.mean([each.noise for each in alone]) / chi2.ppf(1 - FALSE_ALARM, 2) * chi2.ppf(0.5, 2)
    assert 0.6 < median / expected < 1.6


def test_a_profile_survives_its_file_and_has_segments() -> None:
    frame = contacts(0)
    encoder = fit_encoder(frame)
    is_steel = (frame["industry"] == "steel").to_numpy()
    parts = {"steel": is_steel, "none": is_steel & ~is_steel}
    profile = fit_profile(encoder, encoder.encode(frame), units(frame), parts)
    assert Profile.from_json(profile.to_json()) == profile
    assert set(profile.segments) == {"steel"}
    of_steel = psi(profile.segments["steel"], encoder.encode(frame.filter(is_steel)), units(frame.filter(is_steel)))
    assert max(each.psi for each in of_steel.values()) < 1e-3


def test_no_contacts_is_an_error() -> None:
    encoder, profile = fitted(contacts(0))
    nobody = encoder.encode(contacts(0).clear())
    with pytest.raises(ValueError, match="needs contacts"):
        fit_profile(encoder, nobody, np.array([]))
    with pytest.raises(ValueError, match="needs contacts"):
        psi(profile, nobody, np.array([]))
