"""A night as it is watched: its policy, its tables, and the models that speak in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from dagster_project.model_health import read_models
from dagster_project.resources.registry import Registry, RegistryError, Version
from dagster_project.resources.warehouse import Warehouse
from dagster_project.retraining import TRAINED_FOR
from models.watching import Bounds
from policy.schema import Policy
from policy.watch import Thresholds


@dataclass(frozen=True)
class ModelOfNight:
    """A model of tonight; `goal_id` None: the uplift model. `version` None: a prior speaks."""

    name: str
    goal_id: str | None
    version: int | None


@dataclass(frozen=True)
class WatchedNight:
    """What is watched, and with what."""

    date: date
    policy: Policy
    warehouse: Warehouse
    registry: Registry

    @cached_property
    def models(self) -> Sequence[ModelOfNight]:
        """As in `models_in_use`."""
        return [
            ModelOfNight(str(row["model"]), _text(row["goal_id"]), _number(row["version"]))
            for row in read_models(self.warehouse)
        ]

    def files_in_use(self, goal_id: str | None) -> dict[str, bytes]:
        """The files of the version that speaks for a goal, or of the uplift model; none for a prior.

        Raises:
            RegistryError: they can't be read.
        """
        model = next(each for each in self.models if each.goal_id == goal_id)
        found = [each for each in self.registry.versions(model.name) if each.version == model.version]
        return dict(self.registry.load(found[0]).files) if found else {}

    def files_of_earlier_night(self, model: ModelOfNight) -> dict[str, bytes]:
        """The files of the version in use if an earlier night trained it, else of the newest before tonight; or none.

        Whatever needs a file that isn't there says so.
        """
        earlier = [each for each in self.registry.versions(model.name) if self._is_earlier(each)]
        chosen = next((each for each in earlier if each.version == model.version), earlier[-1] if earlier else None)
        try:
            return dict(self.registry.load(chosen).files) if chosen else {}
        except RegistryError:
            return {}

    def _is_earlier(self, version: Version) -> bool:
        return version.tags[TRAINED_FOR] < self.date.isoformat()


def bounds(thresholds: Thresholds) -> Bounds:
    """The policy's thresholds as the judging function takes them."""
    return Bounds(thresholds.warn, thresholds.review, thresholds.stop)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
