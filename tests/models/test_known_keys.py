"""A table kept by changed rows is the table computed anew."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from models.known_keys import changed_rows

SCHEMA = {"phone": pl.String, "country": pl.String}
KEYS = st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None])))


def computed(keys: pl.DataFrame) -> pl.DataFrame:
    return keys.with_columns(value=pl.concat_str("phone", pl.col("country").fill_null("?")))


@given(st.lists(KEYS, min_size=2, max_size=5))
def test_changes_night_by_night_make_what_a_full_build_makes(nights: list[set[tuple[str, str | None]]]) -> None:
    table = computed(pl.DataFrame(schema=SCHEMA))
    for keys in nights:
        found = pl.DataFrame(sorted(keys, key=str), SCHEMA, orient="row")
        changed = changed_rows(found, table.drop("value"), computed)
        assert len(changed) == len(set(found.rows()) ^ set(table.drop("value").rows()))
        kept = table.join(changed, on=list(SCHEMA), how="anti", nulls_equal=True)
        table = pl.concat([kept, changed.filter(~pl.col("is_gone")).drop("is_gone")])
        assert table.sort(*SCHEMA).equals(computed(found).sort(*SCHEMA))
