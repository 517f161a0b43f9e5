"""The alias `champion` in MLflow: it follows what Nightjar decided, and a hand that moved it there is heeded."""

from datetime import date, timedelta

from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import CHAMPION, Registry, Version
from dagster_project.retraining import TRAINED_FOR
from dagster_project.standing import MLFLOW, RETIRED, Standing, Verdict, record_verdict, standing


def heed_alias(
    registry: Registry, ledger: Ledger, versions: list[Version], verdicts: list[Verdict], night: date
) -> tuple[list[Verdict], str]:
    """The verdicts with the one that somebody gave by moving the alias in MLflow, and a note on a missing alias.

    There is a version at least. A note is kept as a tag, so that the same night again says the same.
    """
    name = versions[0].name
    alias, before = registry.alias(name), standing(versions, verdicts, night).version
    moved_to = next((each for each in versions if each.version == alias.version), None)
    if alias.last_set is not None and moved_to and alias.version != alias.last_set and RETIRED not in moved_to.tags:
        counts_from = max(night, date.fromisoformat(moved_to.tags[TRAINED_FOR]) + timedelta(days=1))
        reason = f"the alias {CHAMPION} was moved there"
        verdicts = [
            *verdicts,
            record_verdict(
                ledger, name, "promote", moved_to, counts_from=counts_from, decided_by=MLFLOW, reason=reason
            ),
        ]
        registry.set_champion(moved_to)
    if before is None:
        return verdicts, ""
    noted = f"noted_{night}"
    if alias.version is None and alias.last_set is not None:
        note = f"the alias {CHAMPION} was missing in MLflow and names version {before.version} again"
        registry.tag(before, {noted: note})
        return verdicts, note
    return verdicts, before.tags.get(noted, "")


def follow_alias(registry: Registry, versions: list[Version], stands: Standing) -> None:
    """Let the alias name what stands after tonight, of a model's versions."""
    if stands.version is not None:
        registry.set_champion(stands.version)
    elif versions:
        registry.clear_champion(versions[0].name)
