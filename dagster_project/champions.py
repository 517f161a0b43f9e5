"""Which version of a model speaks tonight: the one in use, one trained again, or none and why.

A night looks only at versions trained for nights up to itself, and what was learnt from is known by its hash. So the
same night again finds the same version, without training.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Protocol

import polars as pl

from dagster_project.resources.registry import NewVersion, Registry, RegistryError, Version

TRAINED_FOR = "trained_for"
SNAPSHOT = "snapshot_sha256"
PROMOTED = "is_promoted"
JUDGEMENT = "judgement"
COUNT_OUTCOMES = "count_outcomes"
FEATURES = "features_sha256"
# Trained earlier than by the calendar when this many times the outcomes are known.
EVIDENCE_GROWTH = 1.5


@dataclass(frozen=True)
class Evidence:
    """What could be learnt from tonight, cheaply known.

    Attributes:
        count_outcomes: matured outcomes.
        features: names and types of the features.
        shortage: why it isn't enough for a model; empty if it is.
    """

    count_outcomes: int
    features: Mapping[str, str]
    shortage: str


@dataclass(frozen=True)
class Candidate:
    """A model just trained. `shortcoming` says why it isn't good enough to decide anything; empty if it is."""

    bundle: Mapping[str, bytes]
    metrics: Mapping[str, float]
    figures: Mapping[str, bytes]
    shortcoming: str = ""


@dataclass(frozen=True)
class Comparison:
    """Mean extra loss of the challenger over the champion on the newest held-out rows, and its standard error."""

    extra_loss: float
    error: float

    @property
    def is_no_worse(self) -> bool:
        return self.extra_loss <= self.error


Rows = Mapping[str, pl.DataFrame]


class Learner(Protocol):
    """One model: what it learns from, how, and how two versions compare. `train` keeps what `compare` needs."""

    @property
    def name(self) -> str: ...

    def evidence(self) -> Evidence: ...

    def read(self) -> Rows: ...

    def parameters(self) -> dict[str, object]: ...

    def check(self, files: Mapping[str, bytes], features: Mapping[str, str]) -> None: ...

    def train(self, rows: Rows) -> Candidate: ...

    def compare(self, champion: Mapping[str, bytes], rows: Rows) -> Comparison: ...


@dataclass(frozen=True)
class InUse:
    """What speaks tonight. `version` and `files` are None for a prior; `reason` says why it is this."""

    name: str
    status: Literal["champion", "prior"]
    reason: str
    version: Version | None = None
    files: Mapping[str, bytes] | None = None


def choose_version(registry: Registry, learner: Learner, night: date, retrain_after_days: int) -> InUse:
    """The version of a model for a night; trains and registers one where it is due."""
    evidence = learner.evidence()
    versions = [each for each in registry.versions(learner.name) if each.tags[TRAINED_FOR] <= night.isoformat()]
    champion = _champion(registry, learner, versions, night, evidence)
    if champion.version and not _is_due(champion.version, night, evidence, retrain_after_days):
        return champion
    if evidence.shortage:
        return champion if champion.version else replace(champion, reason=_join(champion.reason, evidence.shortage))
    rows = learner.read()
    snapshot = _snapshot(rows, learner.parameters())
    challenger = _same(registry, versions, snapshot)
    if challenger is None:
        tags = {
            TRAINED_FOR: night.isoformat(),
            SNAPSHOT: snapshot,
            FEATURES: _hash(dict(evidence.features)),
            COUNT_OUTCOMES: str(evidence.count_outcomes),
        }
        challenger = _train(registry, learner, rows, champion, tags)
    if challenger.version and challenger.version.tags[PROMOTED] == "true":
        registry.set_champion(challenger.version)
        return challenger
    judgement = challenger.version.tags[JUDGEMENT] if challenger.version else ""
    return champion if champion.version else replace(champion, reason=_join(champion.reason, judgement))


def _champion(registry: Registry, learner: Learner, versions: list[Version], night: date, evidence: Evidence) -> InUse:
    """The newest version promoted in an earlier night, if it can be read and can read tonight's features."""
    earlier = [each for each in versions if each.tags[TRAINED_FOR] < night.isoformat()]
    promoted = [each for each in earlier if each.tags[PROMOTED] == "true"]
    if not promoted:
        return InUse(learner.name, "prior", "")
    version = promoted[-1]
    try:
        files = registry.load(version).files
        learner.check(files, evidence.features)
    except (RegistryError, ValueError, KeyError) as error:
        return InUse(learner.name, "prior", f"no champion: {learner.name}/{version.version}: {error}")
    return _in_use(version, files)


def _in_use(version: Version, files: Mapping[str, bytes]) -> InUse:
    return InUse(version.name, "champion", f"trained for {version.tags[TRAINED_FOR]}", version, files)


def _join(*reasons: str) -> str:
    return "; ".join(reason for reason in reasons if reason)


def _is_due(version: Version, night: date, evidence: Evidence, retrain_after_days: int) -> bool:
    age = (night - date.fromisoformat(version.tags[TRAINED_FOR])).days
    grew = evidence.count_outcomes >= EVIDENCE_GROWTH * int(version.tags[COUNT_OUTCOMES])
    return age >= retrain_after_days or grew or version.tags[FEATURES] != _hash(dict(evidence.features))


def _same(registry: Registry, versions: list[Version], snapshot: str) -> InUse | None:
    """The version that learnt from the very same rows with the same settings, if its files are whole."""
    version = next((each for each in reversed(versions) if each.tags[SNAPSHOT] == snapshot), None)
    try:
        return _in_use(version, registry.load(version).files) if version else None
    except RegistryError:
        return None


def _train(registry: Registry, learner: Learner, rows: Rows, champion: InUse, tags: dict[str, str]) -> InUse:
    candidate = learner.train(rows)
    is_promoted, judgement = not candidate.shortcoming, candidate.shortcoming or "no champion to compare with"
    if is_promoted and champion.version and champion.files is not None:
        comparison = learner.compare(champion.files, rows)
        is_promoted, older = comparison.is_no_worse, champion.version.version
        judgement = f"extra loss over version {older}: {comparison.extra_loss:.3g} ± {comparison.error:.2g}"
    tags = {**tags, PROMOTED: "true" if is_promoted else "false", JUDGEMENT: judgement}
    params = {name: json.dumps(value) for name, value in learner.parameters().items()}
    new = NewVersion(learner.name, candidate.bundle, candidate.metrics, params, tags, candidate.figures)
    return _in_use(registry.log_and_register(new), candidate.bundle)


def _snapshot(rows: Rows, parameters: dict[str, object]) -> str:
    content = hashlib.sha256(_hash(parameters).encode())
    for name in sorted(rows):
        content.update(name.encode())
        content.update(rows[name].write_ipc(None).getbuffer())
    return content.hexdigest()


def _hash(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
