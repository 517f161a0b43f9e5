"""The dbt project as Dagster sees it."""

import hashlib
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from dagster_dbt import DbtCliResource

from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT

MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"
NORMALISERS = ("anyascii", "phonenumbers")
DBT_EXECUTABLE = str(Path(sys.executable).parent / "dbt")


def dbt_resource() -> DbtCliResource:
    """The dbt command line of this environment, on this project."""
    return DbtCliResource(
        project_dir=os.fspath(DBT_PROJECT_DIR), profiles_dir=os.fspath(DBT_PROJECT_DIR), dbt_executable=DBT_EXECUTABLE
    )


def fresh_manifest() -> Path:
    """The path of a manifest not older than any file of the dbt project; parses the project where it is.

    It appears whole: of several processes that parse at once, each renames its own.
    """
    newest = max(path.stat().st_mtime for path in _project_files())
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime < newest:
        MANIFEST.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=MANIFEST.parent) as folder:
            _parse(Path(folder))
            (Path(folder) / MANIFEST.name).replace(MANIFEST)
    return MANIFEST


def _parse(target: Path) -> None:
    project = os.fspath(DBT_PROJECT_DIR)
    folders = ["--project-dir", project, "--profiles-dir", project, "--target-path", os.fspath(target)]
    parse = subprocess.run(
        [DBT_EXECUTABLE, "--quiet", "parse", *folders], cwd=DBT_PROJECT_DIR, capture_output=True, text=True, check=False
    )
    if parse.returncode:
        raise RuntimeError(f"dbt can't parse the project in {DBT_PROJECT_DIR}:\n{parse.stdout}{parse.stderr}")


def project_version() -> str:
    """A hash of all that decides what dbt's tables hold beside the data: tables that an older version built are stale.

    It covers SQL, seeds, the Python that models call, the libraries whose data says what a number or name means,
    and how exports are read.
    """
    python = [*(PROJECT_ROOT / "models").rglob("*.py"), *(PROJECT_ROOT / "dagster_project" / "ingestion").glob("*.yml")]
    digest = hashlib.sha256()
    for path in sorted([*_project_files(), *python]):
        if path.suffix != ".pyc":
            digest.update(f"{path.relative_to(PROJECT_ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update("".join(f"{name} {version(name)}\n" for name in NORMALISERS).encode())
    return digest.hexdigest()


def _project_files() -> list[Path]:
    folders = ("models", "macros", "data-tests", "seeds")
    nested = [path for folder in folders for path in (DBT_PROJECT_DIR / folder).rglob("*") if path.is_file()]
    return [*nested, DBT_PROJECT_DIR / "dbt_project.yml", DBT_PROJECT_DIR / "profiles.yml"]
