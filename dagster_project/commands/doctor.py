"""`nightjar doctor`: is this machine and this home fit for a night, and if not, what to do."""

import fcntl
import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from dagster_project.commands.console import out, print_json
from dagster_project.settings import DBT_PROJECT_DIR, Settings
from policy.loading import PolicyError, load_policy

MINIMUM_PYTHON = (3, 11)
MINIMUM_FREE_GB = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `remedy` says what to do when it isn't fit."""

    check: str
    is_fit: bool
    detail: str
    remedy: str = ""


def doctor(
    home: Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")] = None,
    policy: Annotated[Path | None, typer.Option("--policy", help="Folder of the policy's YAML files.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check versions, home, telemetry, lock, policy and dbt project; say what to do about each problem."""
    settings = Settings.from_environment()
    folder = (home or settings.home).resolve()
    checks: list[Callable[[], Finding]] = [
        python_version,
        library_versions,
        lambda: home_writable(folder),
        lambda: disk_space(folder),
        lambda: telemetry_off(folder),
        lambda: lock_free(folder),
        lambda: policy_right(policy or settings.policy),
        dbt_parses,
    ]
    findings = []
    for check in checks:
        findings.append(check())
        if not as_json:
            _print(findings[-1])
    if as_json:
        print_json({"is_fit": all(f.is_fit for f in findings), "findings": [asdict(f) for f in findings]})
    if not all(finding.is_fit for finding in findings):
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    mark = "[green]ok     [/]" if finding.is_fit else "[bold red]problem[/]"
    out.print(mark, end=" ")
    out.print(f"{finding.check}: {finding.detail}", markup=False)
    if not finding.is_fit:
        out.print(f"        → {finding.remedy}", markup=False)


def python_version() -> Finding:
    """Whether Python is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    needed = ".".join(map(str, MINIMUM_PYTHON))
    is_fit = sys.version_info[:2] >= MINIMUM_PYTHON
    return Finding("python", is_fit, f"{found} (needs {needed} or newer)", f"install Python {needed}, then: make setup")


def library_versions() -> Finding:
    """Whether each library that pyproject.toml asks for is installed in a version that it allows."""
    wrong = sorted(_wrong_libraries())
    required = importlib.metadata.requires("nightjar") or []
    detail = "; ".join(wrong) or f"all {len([r for r in required if 'extra ==' not in r])} as required"
    return Finding("libraries", not wrong, detail, "make setup (it installs requirements.lock)")


def _wrong_libraries() -> Iterator[str]:
    for text in importlib.metadata.requires("nightjar") or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{requirement.name} is missing (needs {requirement.specifier})"
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement.name} is {version} (needs {requirement.specifier})"


def home_writable(home: Path) -> Finding:
    """Whether a night may write to the home, or make it."""
    place = _existing_parent(home)
    is_fit = os.access(place, os.W_OK | os.X_OK) and place.is_dir()
    detail = f"{home} is writable" if place == home else f"{home} will be made"
    remedy = f"give yourself write access to {place}, or use another --home"
    return Finding("home", is_fit, detail if is_fit else f"{place} isn't writable", remedy)


def disk_space(home: Path) -> Finding:
    """Whether the disk of the home has room for some nights."""
    free = shutil.disk_usage(_existing_parent(home)).free / 1e9
    remedy = "free some space, or use a --home on another disk"
    return Finding("disk", free >= MINIMUM_FREE_GB, f"{free:.1f} GB free (needs {MINIMUM_FREE_GB})", remedy)


def telemetry_off(home: Path) -> Finding:
    """Each night sets every tool's switch; read here are the two files that count when a tool is started by hand."""
    dbt = YAML(typ="safe").load(DBT_PROJECT_DIR / "dbt_project.yml")
    talking = [] if dbt.get("flags", {}).get("send_anonymous_usage_stats") is False else ["dbt/dbt_project.yml"]
    dagster = home / "dagster" / "dagster.yaml"
    if dagster.exists():
        enabled = (YAML(typ="safe").load(dagster) or {}).get("telemetry", {}).get("enabled", True)
        talking += [str(dagster)] if enabled else []
    detail = f"on in {', '.join(talking)}" if talking else "off in dbt and Dagster; every run switches off the rest"
    remedy = "dbt: send_anonymous_usage_stats: false under flags; Dagster: `enabled: false` under telemetry"
    return Finding("telemetry", not talking, detail, remedy)


def lock_free(home: Path) -> Finding:
    """Whether no night runs on the home now. The lock is taken for a moment and given back."""
    path = home / "night.lock"
    if not path.exists():
        return Finding("lock", True, "free")
    with path.open("r") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Finding("lock", False, f"a night runs on {home}", "wait for it to end, or use another --home")
        fcntl.flock(handle, fcntl.LOCK_UN)
    return Finding("lock", True, "free")


def policy_right(directory: Path) -> Finding:
    """Whether the policy can be loaded."""
    try:
        loaded = load_policy(directory)
    except PolicyError as error:
        return Finding(
            "policy", False, "; ".join(error.problems), f"edit it, then: nightjar policy check --policy {directory}"
        )
    return Finding("policy", True, f"version {loaded.version} in {directory}")


def dbt_parses() -> Finding:
    """Whether dbt understands the project; leaves a manifest that Dagster can read."""
    from dagster_project.resources.dbt import fresh_manifest  # noqa: PLC0415 - imports Dagster, which takes seconds

    try:
        manifest = fresh_manifest()
    except (RuntimeError, OSError) as error:
        return Finding(
            "dbt", False, str(error).strip(), "put right the model that is named; `git diff dbt/` shows what changed"
        )
    return Finding("dbt", True, f"the project parses; manifest: {manifest}")


def _existing_parent(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())
