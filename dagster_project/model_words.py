"""A person's word on which version of a model stands: given under the night's lock, kept in ledger and registry."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from dagster_project.alias import follow_alias
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import Registry, RegistryError, Version
from dagster_project.retraining import SETTINGS
from dagster_project.standing import (
    PROMOTED,
    RETIRED,
    Standing,
    Verdict,
    next_night,
    read_verdicts,
    record_verdict,
    standing,
)

PRIOR = "prior"
PREFIX = "nightjar-"


class ModelWordError(RuntimeError):
    """What a person asked for can't be; the message says why, and what can."""


class UnknownModelError(ModelWordError):
    """There is no such model or version; the message names those that are."""


@dataclass(frozen=True)
class ModelHistory:
    """A model's versions, the words of persons on it, and what stands on the next night."""

    name: str
    versions: list[Version]
    verdicts: list[Verdict]
    next_night: date

    @property
    def short_name(self) -> str:
        return self.name.removeprefix(PREFIX)

    @property
    def stands(self) -> Standing:
        return standing(self.versions, self.verdicts, self.next_night)

    def place_of(self, version: Version) -> str:
        """What a version is on the next night, in a word."""
        if RETIRED in version.tags:
            return "retired"
        if self.stands.version == version:
            return "champion, pinned" if self.stands.pin else "champion"
        return "former champion" if version.tags[PROMOTED] == "true" else "not promoted"


def read_history(registry: Registry, ledger: Ledger, model: str) -> ModelHistory:
    """The history of a model, by its name with or without `nightjar-`.

    Raises:
        UnknownModelError: there is no such model.
    """
    name = model if model.startswith(PREFIX) else PREFIX + model
    versions = registry.versions(name)
    if not versions:
        known = ", ".join(each.removeprefix(PREFIX) for each in registry.names())
        raise UnknownModelError(f"no model {model!r} in {registry.home}; there are: {known or 'none yet'}")
    return ModelHistory(name, versions, read_verdicts(ledger, name), next_night(ledger, versions))


def version_meant(
    history: ModelHistory, verdict: Literal["promote", "rollback", "release"], number: str | None
) -> Version | None:
    """The version that a word is about; None for the prior.

    Raises:
        ModelWordError: there is none, or it is retired.
    """
    if verdict == "release":
        return history.stands.version
    if number is None:
        return _version_before(history)
    return None if number == PRIOR else _version(history, number)


def _version(history: ModelHistory, number: str) -> Version:
    found = next((each for each in history.versions if str(each.version) == number), None)
    if found is None:
        numbers = ", ".join(str(each.version) for each in history.versions)
        raise UnknownModelError(f"no version {number!r} of {history.short_name}; there are {numbers}, and {PRIOR!r}")
    if RETIRED in found.tags:
        why = found.tags[RETIRED]
        raise ModelWordError(f"version {number} of {history.short_name} is retired ({why}) and can't be used again")
    return found


def _version_before(history: ModelHistory) -> Version:
    """The champion before the one that stands."""
    short, now = history.short_name, history.stands.version
    if now is None:
        raise ModelWordError(f"{short} is decided by the policy's priors already; there is nothing to roll back")
    earlier = [
        each
        for each in history.versions
        if each.version < now.version and each.tags[PROMOTED] == "true" and RETIRED not in each.tags
    ]
    if not earlier:
        raise ModelWordError(
            f"version {now.version} of {short} is the first that was ever promoted; "
            f"`nightjar models rollback {short} --to {PRIOR}` lets the policy's priors decide"
        )
    return earlier[-1]


def give_word(
    registry: Registry,
    ledger: Ledger,
    history: ModelHistory,
    verdict: Literal["promote", "rollback", "release"],
    version: Version | None,
    *,
    decided_by: str,
    reason: str = "",
) -> Verdict:
    """Record a word that counts from the next night on; alias and tags of the registry follow.

    Raises:
        ModelWordError: no gate decides on this model, the version's files can't be read, or nothing is to be released.
    """
    if SETTINGS not in history.versions[-1].tags:
        raise ModelWordError(f"{history.short_name} has no champion that a person could choose")
    pin = history.stands.pin
    if verdict == "release" and pin is None:
        raise ModelWordError(f"{history.short_name} isn't pinned; nothing to release")
    if version is not None and verdict != "release":
        try:
            registry.load(version)
        except RegistryError as error:
            raise ModelWordError(str(error)) from error
    said = record_verdict(
        ledger, history.name, verdict, version, counts_from=history.next_night, decided_by=decided_by, reason=reason
    )
    if version is not None:
        registry.tag(version, {f"word_{said.decided_at:%Y-%m-%dT%H:%M:%S}": said.words})
    follow_alias(registry, history.versions, standing(history.versions, [*history.verdicts, said], said.counts_from))
    return said
