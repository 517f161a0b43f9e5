"""The model registry: MLflow over SQLite and files in the home."""

import hashlib
import json
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

EXPERIMENT = "nightjar"
CHAMPION = "champion"
BUNDLE = "bundle"
DIGEST_TAG = "bundle_sha256"
# Why a version may not speak any more.
RETIRED = "retired"
# Tag of a registered model: the version that Nightjar last let the alias name, so that a hand in MLflow is noticed.
ALIAS_SET_TAG = "champion_set_to"
LONGEST_PARAMETER = 500


class RegistryError(RuntimeError):
    """A model can't be read or written; the message names model and version, and what to do."""


@dataclass(frozen=True)
class Version:
    """A registered version: its number and its tags."""

    name: str
    version: int
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class NewVersion:
    """What is registered: `bundle` is all that scoring needs, by file name; figures are PNG by file name; papers
    are what people read, by file name. Parameters longer than MLflow keeps stand whole in `parameters.json`.
    """

    name: str
    bundle: Mapping[str, bytes]
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, bytes] = field(default_factory=dict)
    papers: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Alias:
    """The version that `champion` names, and the one that Nightjar last let it name; None for none."""

    version: int | None
    last_set: int | None


@dataclass(frozen=True)
class LoadedBundle:
    """The files of a version, checked against the digest it was registered with."""

    version: Version
    files: Mapping[str, bytes]


class Registry(dg.ConfigurableResource):
    """Models in `<home>/mlflow.db` and `<home>/mlartifacts`. MLflow is imported only when there is something to do:
    importing it and making its database takes seconds. Its telemetry is switched off by the settings.
    """

    home: str

    @property
    def database(self) -> Path:
        return Path(self.home) / "mlflow.db"

    @property
    def artifacts(self) -> Path:
        return Path(self.home) / "mlartifacts"

    def versions(self, name: str) -> list[Version]:
        """All versions of a model, oldest first; none where nothing was ever registered.

        Raises:
            RegistryError: the store can't be read.
        """
        if not self.database.exists():
            return []
        try:
            found = self._client.search_model_versions(f"name='{name}'")
        except Exception as error:
            raise RegistryError(
                f"the model store {self.database} can't be read: {error}; restore it from a backup, "
                "or move it away: models are then trained anew"
            ) from error
        return sorted((_version(each) for each in found), key=lambda each: each.version)

    def log_and_register(self, new: NewVersion) -> Version:
        """One MLflow run with parameters, metrics and files, and a version of the model from it."""
        from mlflow.entities import Metric, Param  # noqa: PLC0415

        client = self._client
        run = client.create_run(self._experiment_id(), run_name=new.name)
        run_id = run.info.run_id
        client.log_batch(
            run_id,
            metrics=[Metric(key, value, 0, 0) for key, value in sorted(new.metrics.items())],
            params=[Param(key, value[:LONGEST_PARAMETER]) for key, value in sorted(new.params.items())],
        )
        papers = {**new.papers, "parameters.json": json.dumps(dict(new.params), indent=1, sort_keys=True).encode()}
        for folder, files in ((BUNDLE, new.bundle), ("figures", new.figures), ("", papers)):
            self._log_files(run_id, folder, files)
        client.set_terminated(run_id)
        if not client.search_registered_models(f"name='{new.name}'"):
            client.create_registered_model(new.name)
        tags = {**new.tags, DIGEST_TAG: _digest(new.bundle)}
        source = f"{run.info.artifact_uri}/{BUNDLE}"
        return _version(client.create_model_version(new.name, source=source, run_id=run_id, tags=tags))

    def set_champion(self, version: Version) -> None:
        """Let the alias `champion` name this version."""
        if self.alias(version.name) != Alias(version.version, version.version):
            self._client.set_registered_model_tag(version.name, ALIAS_SET_TAG, str(version.version))
            self._client.set_registered_model_alias(version.name, CHAMPION, str(version.version))

    def clear_champion(self, name: str) -> None:
        """Let the alias `champion` name nothing."""
        if self.alias(name) != Alias(None, None):
            self._client.set_registered_model_tag(name, ALIAS_SET_TAG, "")
            self._client.delete_registered_model_alias(name, CHAMPION)

    def alias(self, name: str) -> "Alias":
        """What the alias `champion` names, and what Nightjar last let it name; the model must have a version."""
        model = self._client.get_registered_model(name)
        numbers = model.aliases.get(CHAMPION), model.tags.get(ALIAS_SET_TAG)
        return Alias(*(int(number) if number else None for number in numbers))

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Add tags to a version; a tag that it has is replaced."""
        for name, value in tags.items():
            self._client.set_model_version_tag(version.name, str(version.version), name, value)

    def metrics(self, version: Version) -> dict[str, float]:
        """What was measured at a version's training."""
        return dict(self._client.get_run(version.run_id).data.metrics)

    def names(self) -> list[str]:
        """All models that have a version, by name."""
        if not self.database.exists():
            return []
        return sorted(model.name for model in self._client.search_registered_models() if self.versions(model.name))

    def champion(self, name: str) -> LoadedBundle | None:
        """The version that the alias `champion` names; None where there is no store, model or alias.

        Raises:
            RegistryError: the version's files are missing or damaged.
        """
        versions = self.versions(name)
        number = self.alias(name).version if versions else None
        version = next((each for each in versions if each.version == number), None)
        return self.load(version) if version else None

    def load(self, version: Version) -> LoadedBundle:
        """The files of a version.

        Raises:
            RegistryError: files are missing or damaged.
        """
        # By run and not by the recorded address, so that a home can be moved.
        folder = self.artifacts / version.run_id / "artifacts" / BUNDLE
        try:
            files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        except OSError as error:
            raise RegistryError(_unreadable(version, folder, str(error))) from error
        if _digest(files) != version.tags.get(DIGEST_TAG):
            raise RegistryError(_unreadable(version, folder, "the files aren't those that were registered"))
        return LoadedBundle(version, files)

    def retire_all(self, reason: str) -> list[str]:
        """Let no version that there is now speak again; returns them as `<model>/<version>`."""
        if not self.database.exists():
            return []
        retired = []
        for model in self._client.search_registered_models():
            for version in self.versions(model.name):
                if RETIRED not in version.tags:
                    self._client.set_model_version_tag(version.name, str(version.version), RETIRED, reason)
                    retired.append(f"{version.name}/{version.version}")
        return sorted(retired)

    @cached_property
    def _client(self) -> "MlflowClient":
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        from mlflow.tracking import MlflowClient  # noqa: PLC0415

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        Path(self.home).mkdir(parents=True, exist_ok=True)
        address = f"sqlite:///{self.database}"
        return MlflowClient(tracking_uri=address, registry_uri=address)

    def _experiment_id(self) -> str:
        """The experiment whose files go to this home. One from before the home was moved or copied gets another name:
        MLflow writes to the address that an experiment was made with.
        """
        location = self.artifacts.resolve().as_uri()
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is not None and experiment.artifact_location == location:
            return experiment.experiment_id
        if experiment is not None:
            former = f"{EXPERIMENT} {experiment.experiment_id}, of {experiment.artifact_location}"
            self._client.rename_experiment(experiment.experiment_id, former)
        return self._client.create_experiment(EXPERIMENT, artifact_location=location)

    def _log_files(self, run_id: str, folder: str, files: Mapping[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            for name, content in files.items():
                (Path(temporary) / name).write_bytes(content)
            if files:
                self._client.log_artifacts(run_id, temporary, folder or None)


def _version(found: "ModelVersion") -> Version:
    return Version(found.name, int(found.version), str(found.run_id), dict(found.tags))


def _digest(files: Mapping[str, bytes]) -> str:
    by_file = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return hashlib.sha256(json.dumps(by_file, sort_keys=True).encode()).hexdigest()


def _unreadable(version: Version, folder: Path, why: str) -> str:
    return (
        f"model {version.name}/{version.version} can't be read from {folder}: {why}; "
        "restore that folder from a backup, or leave it: the next training makes a new version"
    )
