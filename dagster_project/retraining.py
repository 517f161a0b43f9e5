"""When a model is trained again: by the calendar, by new evidence, by drift, or because it can't go on as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dagster_project.learner import Evidence
from dagster_project.resources.registry import Version

TRAINED_FOR = "trained_for"
COUNT_OUTCOMES = "count_outcomes"
FEATURES = "features_sha256"
SETTINGS = "settings_sha256"
# Trained earlier than by the calendar when this many times the outcomes are known.
EVIDENCE_GROWTH = 1.5


@dataclass(frozen=True)
class Present:
    """What a version is held against: tonight's date, evidence, and hashes of its features and settings."""

    night: date
    evidence: Evidence
    features: str
    settings: str


def why_train(
    newest: Version | None, present: Present, retrain_after_days: int, find_drift: Callable[[Version], str]
) -> str:
    """Why a training is due tonight, in words; empty if none is.

    Args:
        newest: the version trained last, whether it became champion or not: a challenger that lost isn't trained anew
            each night. None: there is none that could be held against anything.
        find_drift: which features moved since a version was trained, in words. Asked last, as it reads contacts.
    """
    if newest is None:
        return "first training"
    label, tags = f"version {newest.version}", newest.tags
    if tags.get(SETTINGS, "") != present.settings:
        return f"the policy or the way of training changed since {label}"
    if tags[FEATURES] != present.features:
        return f"other features than those of {label}"
    age = (present.night - date.fromisoformat(tags[TRAINED_FOR])).days
    if age >= retrain_after_days:
        return f"{age} days since {label}"
    known, before = present.evidence.count_outcomes, int(tags[COUNT_OUTCOMES])
    if known >= EVIDENCE_GROWTH * before and known > before:
        return f"{known:,} outcomes are known, {before:,} were at {label}"
    drift = find_drift(newest)
    return f"drift since {label}: {drift}" if drift else ""
