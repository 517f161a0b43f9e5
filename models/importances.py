"""Which features trees split on, by how much the splits gained; the levels of a category count as one feature."""

from collections import defaultdict
from collections.abc import Mapping

import xgboost as xgb

from models.encoding import EncodedColumn, FeatureEncoder


def gain_shares(boosters: Mapping[str, xgb.Booster], encoder: FeatureEncoder) -> dict[str, float]:
    """Share of the total gain of all boosters by feature, largest first; empty where no tree splits."""
    columns = [column.name for column in encoder.columns for _ in range(_width(column))]
    gains: dict[str, float] = defaultdict(float)
    for booster in boosters.values():
        names = {f"f{place}": name for place, name in enumerate(columns)}
        for feature, gain in booster.get_score(importance_type="total_gain").items():
            gains[names[feature]] += float(gain)  # type: ignore[arg-type]
    total = sum(gains.values())
    ranked = sorted(gains.items(), key=lambda each: (-each[1], each[0]))
    return {name: gain / total for name, gain in ranked} if total > 0 else {}


def _width(column: EncodedColumn) -> int:
    return 1 if column.kind == "number" else len(column.levels) + 1
