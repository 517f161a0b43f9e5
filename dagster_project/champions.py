"""Which version of a model speaks tonight: the one in use, one trained again, or none and why.

A night looks only at versions trained for nights up to itself, and what was learnt from is known by its hash. So the
same night again finds the same version, without training. The alias `champion` in MLflow follows: it names what the
night after the newest one will start from.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from dagster_project.alias import follow_alias, heed_alias
from dagster_project.data_snapshot import DataSnapshot, hash_of, ledger_hash, snapshot_of
from dagster_project.learner import Candidate, Evidence, Learner, Rows
from dagster_project.losses import what_was_lost
from dagster_project.model_card import write_card
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import NewVersion, Registry, RegistryError, Version
from dagster_project.retraining import COUNT_OUTCOMES, FEATURES, SETTINGS, TRAINED_FOR, Present, why_train
from dagster_project.scored_contacts import ScoredContacts
from dagster_project.scored_profile import find_drift, profile_of
from dagster_project.standing import PROMOTED, RETIRED, Standing, read_verdicts, standing
from models.promotion import Judgement, judge

SNAPSHOT = "snapshot_sha256"
LEDGER = "ledger_sha256"
SEEN_UNTIL = "seen_until"
JUDGEMENT = "judgement"
BECAUSE = "trained_because"
FORM = "form"


@dataclass(frozen=True)
class Tonight:
    """What all models of a night share.

    Attributes:
        read_contacts: those that are scored tonight.
        retrain_after_days, drift: as in the policy.
    """

    night: date
    registry: Registry
    ledger: Ledger
    read_contacts: Callable[[], ScoredContacts]
    retrain_after_days: int
    drift: float | None

    @cached_property
    def contacts(self) -> ScoredContacts:
        return self.read_contacts()

    @cached_property
    def ledger_sha256(self) -> str:
        return ledger_hash(self.ledger, self.night)


@dataclass(frozen=True)
class InUse:
    """What speaks tonight. `version` and `files` are None for a prior; `reason` says why it is this.

    `newest` is the version trained last, which may be a challenger that lost; `notes` are what a person should know of
    the model store.
    """

    name: str
    status: Literal["champion", "prior"]
    reason: str
    version: Version | None = None
    files: Mapping[str, bytes] | None = None
    newest: Version | None = None
    notes: tuple[str, ...] = ()


def choose_version(tonight: Tonight, learner: Learner) -> InUse:
    """The version of a model for a night; trains and registers one where it is due."""
    evidence, name = learner.evidence(), learner.name
    every = tonight.registry.versions(name)
    versions = [each for each in every if each.tags[TRAINED_FOR] <= tonight.night.isoformat()]
    is_newest_night = len(versions) == len(every)
    verdicts = read_verdicts(tonight.ledger, name) if every else []
    notes = [what_was_lost(tonight.ledger, name, versions, tonight.night)]
    if is_newest_night and versions:
        verdicts, note = heed_alias(tonight.registry, tonight.ledger, versions, verdicts, tonight.night)
        notes.append(note)
    stands = standing(versions, verdicts, tonight.night)
    champion = _champion(tonight.registry, learner, stands, evidence)
    choice = _challenged(tonight, learner, versions, stands, champion)
    if is_newest_night:
        known = versions if choice.newest is None or choice.newest in versions else [*versions, choice.newest]
        follow_alias(tonight.registry, known, standing(known, verdicts, tonight.night + timedelta(days=1)))
    notes = [note for note in (stands.lost, *notes) if note]
    return replace(choice, reason=_join(choice.reason, *notes), notes=(*champion.notes, *notes))


def _champion(registry: Registry, learner: Learner, stands: Standing, evidence: Evidence) -> InUse:
    """The version that stands, if it can be read and can read tonight's features."""
    pinned = stands.pin.words if stands.pin else ""
    if stands.version is None:
        return InUse(learner.name, "prior", pinned)
    try:
        files = registry.load(stands.version).files
        learner.check(files, evidence.features)
    except (RegistryError, ValueError, KeyError, TypeError) as error:
        is_older = stands.version.tags.get(FORM) != str(learner.parameters()["form"])
        why = "it is of an older form" if is_older else str(error)
        reason = f"no champion: {learner.name}/{stands.version.version}: {why}"
        return InUse(learner.name, "prior", _join(pinned, reason), notes=(reason,))
    return _in_use(stands.version, files, pinned)


def _challenged(
    tonight: Tonight, learner: Learner, versions: list[Version], stands: Standing, champion: InUse
) -> InUse:
    """The champion, or the challenger that took its place tonight."""
    evidence = learner.evidence()
    earlier = [each for each in versions if each.tags[TRAINED_FOR] < tonight.night.isoformat()]
    newest = earlier[-1] if earlier else None
    present = Present(tonight.night, evidence, hash_of(dict(evidence.features)), hash_of(learner.settings()))
    because = _unusable(newest, stands, champion) or why_train(
        newest, present, tonight.retrain_after_days, lambda version: _find_drift(tonight, version)
    )
    if evidence.shortage or not because:
        return _stays(champion, newest, evidence.shortage)
    rows = learner.read()
    snapshot = snapshot_of(rows, learner.parameters())
    challenger = _same(tonight.registry, versions, snapshot.sha256)
    if challenger is None:
        challenger = _train(tonight, learner, Occasion(rows, snapshot, present, because), stands, champion)
    version = challenger.version
    if version and version.tags[PROMOTED] == "true" and version.tags[TRAINED_FOR] == tonight.night.isoformat():
        return replace(challenger, reason=_join(challenger.reason, champion.reason if not champion.version else ""))
    return _stays(champion, version, "")


def _stays(champion: InUse, newest: Version | None, shortage: str) -> InUse:
    """The champion, or the prior with the reason why there is no model."""
    if champion.version:
        return replace(champion, newest=newest)
    judgement = newest.tags[JUDGEMENT] if newest and not shortage and newest.tags[PROMOTED] != "true" else ""
    return replace(champion, reason=_join(champion.reason, shortage, judgement), newest=newest)


def _unusable(newest: Version | None, stands: Standing, champion: InUse) -> str:
    """Why the version trained last can't serve any more; empty if it can, or if another is in use."""
    if newest is None:
        return ""
    if RETIRED in newest.tags:
        return f"version {newest.version} was retired: {newest.tags[RETIRED]}"
    is_unreadable = stands.version == newest and champion.version is None
    return f"version {newest.version} can't be used any more" if is_unreadable else ""


def _find_drift(tonight: Tonight, version: Version) -> str:
    try:
        files = tonight.registry.load(version).files
    except RegistryError:
        return ""
    return find_drift(files, tonight.contacts, tonight.drift)


def _same(registry: Registry, versions: list[Version], snapshot: str) -> InUse | None:
    """The version that learnt from the very same rows with the same settings, if its files are whole."""
    same = [each for each in versions if each.tags[SNAPSHOT] == snapshot and RETIRED not in each.tags]
    try:
        return _in_use(same[-1], registry.load(same[-1]).files) if same else None
    except RegistryError:
        return None


@dataclass(frozen=True)
class Occasion:
    """A training that is due: its rows and what is known of them, and why it is due."""

    rows: Rows
    snapshot: DataSnapshot
    present: Present
    because: str


def _train(tonight: Tonight, learner: Learner, occasion: Occasion, stands: Standing, champion: InUse) -> InUse:
    candidate, snapshot, present = learner.train(occasion.rows), occasion.snapshot, occasion.present
    judged = _judge(learner, candidate, occasion, champion)
    words, is_promoted = judged.words, judged.is_promoted
    if stands.pin:
        words, is_promoted = f"{words}; not promoted: {_named(champion)} is {stands.pin.words}", False
    tags = {
        TRAINED_FOR: tonight.night.isoformat(), FORM: str(learner.parameters()["form"]),
        BECAUSE: occasion.because, SNAPSHOT: snapshot.sha256,
        LEDGER: tonight.ledger_sha256, FEATURES: present.features, SETTINGS: present.settings,
        COUNT_OUTCOMES: str(present.evidence.count_outcomes),
        SEEN_UNTIL: json.dumps({name: str(day) for name, day in snapshot.seen_until.items()}),
        PROMOTED: "true" if is_promoted else "false", JUDGEMENT: words,
    }  # fmt: skip
    bundle = {**candidate.bundle, **profile_of(candidate.bundle, tonight.contacts)}
    card = write_card(f"{learner.name}, trained for {tonight.night}", candidate, snapshot, occasion.because, words)
    importances = json.dumps(dict(candidate.importances), indent=1)
    papers = {"card.md": card.encode(), "importances.json": importances.encode()}
    metrics = {**candidate.metrics, "share_better": judged.share_better, "extra_loss": judged.extra_loss}
    metrics |= {f"rows_{name}": float(count) for name, count in snapshot.count_rows.items()}
    params = {name: json.dumps(value) for name, value in learner.parameters().items()}
    new = NewVersion(learner.name, bundle, metrics, params, tags, candidate.figures, papers)
    return _in_use(tonight.registry.log_and_register(new), bundle)


def _judge(learner: Learner, candidate: Candidate, occasion: Occasion, champion: InUse) -> Judgement:
    """A first model needs to be good enough by itself; a later one needs to beat the champion too."""
    if candidate.shortcoming:
        return Judgement(False, candidate.shortcoming, 0.0, 0.0)
    if champion.version is None or champion.files is None:
        return Judgement(True, "no champion to compare with", 1.0, 0.0)
    tags = champion.version.tags
    said = json.loads(tags[SEEN_UNTIL]) if SEEN_UNTIL in tags else {}
    seen_until = {name: date.fromisoformat(said.get(name, tags[TRAINED_FOR])) for name in occasion.rows}
    paired = learner.compare(champion.files, occasion.rows, seen_until)
    present = occasion.present
    growth = present.evidence.count_outcomes / max(int(tags[COUNT_OUTCOMES]), 1)
    return judge(paired, growth, _named(champion), seed=int(f"{present.night:%Y%m%d}"))


def _named(champion: InUse) -> str:
    return f"version {champion.version.version}" if champion.version else "the prior"


def _in_use(version: Version, files: Mapping[str, bytes], pinned: str = "") -> InUse:
    reason = _join(f"trained for {version.tags[TRAINED_FOR]}", pinned)
    return InUse(version.name, "champion", reason, version, files, version)


def _join(*reasons: str) -> str:
    return "; ".join(reason for reason in reasons if reason)
