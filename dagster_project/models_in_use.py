"""The models in use tonight, for asking them why they said what they said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dagster_project.resources.registry import Registry
from models.contributions import EffectBoosters
from models.encoding import FeatureEncoder
from models.propensity import PropensityModel
from models.uplift import UpliftModel


@dataclass
class ModelsInUse:
    """The models that speak tonight, each loaded when it is first asked for; `rows` are those of `models_in_use`."""

    rows: Sequence[Mapping[str, object]]
    registry: Registry

    def __post_init__(self) -> None:
        self._propensities: dict[str, PropensityModel | None] = {}
        self._boosters: dict[tuple[str, str], EffectBoosters] = {}

    @cached_property
    def uplift(self) -> UpliftModel | None:
        files = self._files(None)
        return UpliftModel.from_files(files) if files else None

    def propensity(self, goal_id: str) -> PropensityModel | None:
        """The model of a goal; None where a prior speaks."""
        if goal_id not in self._propensities:
            files = self._files(goal_id)
            self._propensities[goal_id] = PropensityModel.from_files(files) if files else None
        return self._propensities[goal_id]

    def effect(self, goal_id: str, action_id: str) -> tuple[EffectBoosters, FeatureEncoder, float]:
        """Trees of an effect, their encoder, and the slope that puts the raw effect on scale.

        Raises:
            KeyError: no model speaks of it.
        """
        goal = self.uplift.goal(goal_id) if self.uplift else None
        effect = goal.effect_of(action_id) if goal else None
        if self.uplift is None or effect is None:
            raise KeyError(f"no model in use says what {action_id} does for {goal_id}")
        if (goal_id, action_id) not in self._boosters:
            self._boosters[goal_id, action_id] = self.uplift.explain_boosters(goal_id, action_id)
        return self._boosters[goal_id, action_id], self.uplift.encoder, effect.slope

    def _files(self, goal_id: str | None) -> Mapping[str, bytes] | None:
        row = next((row for row in self.rows if row["goal_id"] == goal_id), None)
        if row is None or row["version"] is None:
            return None
        versions = self.registry.versions(str(row["model"]))
        return self.registry.load(next(each for each in versions if each.version == row["version"])).files
