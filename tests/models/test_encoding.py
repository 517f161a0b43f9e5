import numpy as np
import polars as pl
import pytest

from models.encoding import EncodingError, FeatureEncoder, Trait, fit_encoder

TRAITS = (Trait("plan", "category"), Trait("seats", "number"))


def features(count: int = 400) -> pl.DataFrame:
    generator = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "contact_id": [f"c{each}" for each in range(count)],
            "account_id": ["a"] * count,
            "as_of_date": ["2026-01-01"] * count,
            "count_clicks": generator.poisson(1.0, count),
            "days_since_click": pl.Series([None if each % 4 == 0 else float(each) for each in range(count)]),
            "has_phone": generator.random(count) < 0.5,
            "industry": generator.choice(["retail", "steel", "banking"], count),
            "traits": ['{"plan": "pro", "seats": "12"}', '{"plan": null, "seats": "many"}'] * (count // 2),
        }
    )


def test_order_of_columns_and_rows_does_not_matter() -> None:
    frame = features()
    encoder = fit_encoder(frame, TRAITS)
    shuffled = frame.select(reversed(frame.columns)).with_columns(new_column=pl.lit(1.0))
    np.testing.assert_array_equal(encoder.encode(frame), encoder.encode(shuffled))
    np.testing.assert_array_equal(encoder.encode(frame)[::-1], encoder.encode(frame.reverse()))
    assert fit_encoder(shuffled.drop("new_column"), TRAITS) == encoder


def test_values_end_up_under_their_names() -> None:
    frame = features()
    encoder = fit_encoder(frame, TRAITS)
    array = pl.DataFrame(encoder.encode(frame), schema=list(encoder.feature_names), orient="row")
    assert array["industry=steel"].to_list() == [float(each == "steel") for each in frame["industry"]]
    assert array["has_phone"].to_list() == [float(each) for each in frame["has_phone"]]
    assert np.isnan(array["days_since_click"][0]) and array["days_since_click"][1] == 1.0
    assert array["plan=pro"][0] == 1.0 and np.isnan(array["plan=pro"][1])
    assert array["seats"][0] == 12.0 and np.isnan(array["seats"][1])
    assert not {"contact_id", "account_id", "as_of_date", "traits"} & set(encoder.feature_names)


def test_unknown_level_is_other() -> None:
    frame = features()
    encoder = fit_encoder(frame)
    row = encoder.encode(frame.head(1).with_columns(industry=pl.lit("whaling")))[0]
    values = dict(zip(encoder.feature_names, row, strict=True))
    assert values["industry is other"] == 1.0 and values["industry=retail"] == 0.0


@pytest.mark.parametrize("column", ["count_clicks", "days_since_click", "has_phone", "industry", "traits"])
def test_missing_column_is_named(column: str) -> None:
    frame = features()
    encoder = fit_encoder(frame, TRAITS)
    with pytest.raises(EncodingError, match=f"'{column}' is missing"):
        encoder.encode(frame.drop(column))


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_nan_and_infinity_are_named(broken: float) -> None:
    frame = features()
    encoder = fit_encoder(frame)
    spoiled = frame.with_columns(days_since_click=pl.lit(broken))
    for read in (fit_encoder, encoder.encode):
        with pytest.raises(EncodingError, match="'days_since_click' holds NaN or an infinity"):
            read(spoiled)


def test_changed_type_is_named() -> None:
    frame = features()
    encoder = fit_encoder(frame)
    with pytest.raises(EncodingError, match="'count_clicks' was a number at training and is a category now"):
        encoder.encode(frame.with_columns(pl.col("count_clicks").cast(pl.String)))
    with pytest.raises(EncodingError, match="'as_of_date2' has type Date"):
        fit_encoder(frame.with_columns(as_of_date2=pl.date(2026, 1, 1)))


def test_json_round_trip() -> None:
    frame = features()
    encoder = fit_encoder(frame, TRAITS)
    again = FeatureEncoder.from_json(encoder.to_json())
    assert again == encoder and hash(again) == hash(encoder)
    np.testing.assert_array_equal(again.encode(frame), encoder.encode(frame))
