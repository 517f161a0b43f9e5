"""Who got what lately, by the attributes by which nobody should be treated very differently."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from dagster_project.scored_contacts import attribute, segments_of
from dagster_project.uplift_learner import UPLIFT
from dagster_project.watched_night import WatchedNight, bounds
from dagster_project.watched_rows import read_attributes, read_treatment
from models.fairness import gini, rate_ratio
from models.watching import Finding, Watched, gini_finding, not_known, not_there, rate_ratio_finding

ANY_ACTION = "any action"


def find_bias(night: WatchedNight) -> Iterator[Finding]:
    """Actions of the last nights, by each attribute that the policy names."""
    watch, names = night.policy.watch, dict.fromkeys((*night.policy.watch.attributes, *night.policy.watch.protected))
    treatment = read_treatment(night.warehouse, night.date, watch.bias_days)
    if not names:
        return
    if not treatment.height:
        for name in names:
            yield not_known(Watched(UPLIFT, "rate_ratio", f"{ANY_ACTION} by {name}"), "no decisions of earlier nights")
        return
    contacts = read_attributes(night.warehouse, night.date, names)
    any_action = treatment.group_by("contact_id", "unit_id").agg(pl.col("is_got").any()).sort("contact_id")
    every = pl.concat([any_action.with_columns(action_id=pl.lit(ANY_ACTION)).select(treatment.columns), treatment])
    numbers = {each.trait for each in night.policy.traits if each.type == "number"}
    for name in names:
        value = attribute(contacts, name)
        if value is None:
            yield not_there(UPLIFT, "rate_ratio", name)
            continue
        if name in numbers and name not in contacts.columns:
            value = value.cast(pl.Float64, strict=False)
        values = contacts.select("contact_id", value=value)
        yield from _bias_by(name, every.join(values, on="contact_id", validate="m:1"), night)


def _bias_by(name: str, rows: pl.DataFrame, night: WatchedNight) -> Iterator[Finding]:
    watch = night.policy.watch
    for (action,), got in (
        rows.drop_nulls("value").sort("action_id", "contact_id").group_by("action_id", maintain_order=True)
    ):
        if got.height < watch.minimum_contacts:
            continue
        of_action = None if action == ANY_ACTION else str(action)
        is_got, units = got["is_got"].to_numpy(), got["unit_id"].to_numpy()
        if got.schema["value"].is_numeric():
            compared = gini(is_got, got["value"].to_numpy().astype(np.float64), units)
            if compared:
                about = Watched(UPLIFT, "gini", f"{action} by {name}", action_id=of_action)
                yield gini_finding(about, compared, bounds(watch.gini))
            continue
        for group, is_in_group in segments_of(got.rename({"value": name}), [name], watch.minimum_contacts).items():
            if not is_in_group.all():
                about = Watched(UPLIFT, "rate_ratio", f"{action} by {group}", action_id=of_action)
                yield rate_ratio_finding(about, rate_ratio(is_got, is_in_group, units), bounds(watch.rate_ratio))
