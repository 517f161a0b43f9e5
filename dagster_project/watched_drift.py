"""Drift of the models' features, by name, over all contacts and in the segments that the policy watches."""

from collections.abc import Iterator

import polars as pl

from dagster_project.scored_contacts import ScoredContacts, attribute, read_scored_contacts
from dagster_project.uplift_learner import UPLIFT
from dagster_project.watched_night import WatchedNight, bounds
from models.drift import PROFILE_FILE, Profile, psi
from models.encoding import TRAITS_COLUMN, FeatureEncoder
from models.watching import Bounds, Finding, Watched, drift_finding, not_known, not_there

EVERY_FEATURE = "every feature"


def find_drift(night: WatchedNight) -> Iterator[Finding]:
    """Each model's features against the newest training of an earlier night. Models of one night share a profile."""
    watch = night.policy.watch
    contacts = read_scored_contacts(night.warehouse, night.date, watch.segments, watch.minimum_contacts)
    for name in watch.segments:
        if contacts.features.height and attribute(contacts.features, name) is None:
            yield not_there(UPLIFT, "drift", name)
    by_profile: dict[tuple[bytes, bytes], list[Finding]] = {}
    for model in night.models:
        files = night.files_of_earlier_night(model)
        about = Watched(model.name, "drift", EVERY_FEATURE, goal_id=model.goal_id)
        if PROFILE_FILE not in files or not contacts.features.height:
            yield not_known(about, "no training of an earlier night to compare with")
            continue
        profile = files[PROFILE_FILE], files["encoder.json"]
        if profile not in by_profile:
            by_profile[profile] = list(_drift_from(profile, contacts, bounds(watch.drift)))
        for finding in by_profile[profile]:
            subject = Watched(model.name, "drift", finding.watched.subject, finding.watched.segment, model.goal_id)
            yield Finding(subject, finding.value, finding.threshold, finding.status, finding.detail)


def _drift_from(files: tuple[bytes, bytes], contacts: ScoredContacts, limits: Bounds) -> Iterator[Finding]:
    """All features over all contacts; of the segments only what moved."""
    profile, encoder = Profile.from_json(files[0].decode()), FeatureEncoder.from_json(files[1].decode())
    gone = _gone(encoder, contacts.features)
    for name in gone:
        said = "the feature is gone; models that need it are trained anew without it"
        yield Finding(Watched("", "drift", name), None, limits.warn, "warn", said)
    nulls = [pl.lit(None, pl.String if each.kind == "category" else pl.Float64).alias(each.name)
             for each in encoder.columns if each.name in gone]  # fmt: skip
    encoded = encoder.encode(contacts.features.with_columns(nulls))
    drifts = psi(profile, encoded, contacts.units, contacts.is_left_alone)
    for name, drift in drifts.items():
        if name not in gone:
            yield drift_finding(Watched("", "drift", name), drift, limits)
    own_doing = {name for name, drift in drifts.items() if drift.is_own_doing}
    for segment, chosen in contacts.segments.items():
        if segment not in profile.segments:
            continue
        for name, drift in psi(profile.segments[segment], encoded[chosen], contacts.units[chosen]).items():
            finding = drift_finding(Watched("", "drift", name, segment), drift, limits)
            if finding.status != "ok" and name not in own_doing | gone:
                yield finding


def _gone(encoder: FeatureEncoder, features: pl.DataFrame) -> set[str]:
    """Features that a training knew and that tonight lacks, or has with another type."""
    kinds = {name: "number" if kind.is_numeric() or kind == pl.Boolean else "category"
             for name, kind in features.schema.items()}  # fmt: skip
    return {
        each.name
        for each in encoder.columns
        if (TRAITS_COLUMN not in kinds if each.is_trait else kinds.get(each.name) != each.kind)
    }
