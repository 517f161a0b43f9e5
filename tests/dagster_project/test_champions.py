"""The version that speaks on each night, with a learner that costs nothing and a real model store."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from dagster_project import cli
from dagster_project.champions import InUse, Tonight, choose_version
from dagster_project.learner import Candidate, Evidence, Rows, SeenUntil, Story
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import CHAMPION, Registry
from dagster_project.scored_contacts import ScoredContacts
from dagster_project.settings import TELEMETRY_OFF
from models.encoding import fit_encoder
from models.promotion import Paired

NAME = "nightjar-propensity-reply"
NIGHT = date(2026, 3, 2)
COUNT = 400


@dataclass
class Coin:
    """A learner of one number: its model states it of everybody; what comes true is `rate`."""

    states: float
    rate: float = 0.5
    outcomes: int = 100
    newest: date = NIGHT
    trainings: list[float] = field(default_factory=list)

    name = NAME

    def evidence(self) -> Evidence:
        return Evidence(self.outcomes, {"clicks": "DOUBLE"}, "")

    def read(self) -> Rows:
        return {"labels": pl.DataFrame({"as_of_date": [self.newest] * COUNT, "is_reached": [self.outcomes] * COUNT})}

    def parameters(self) -> dict[str, object]:
        return {"form": 1, "goal": "reply"}

    def settings(self) -> dict[str, object]:
        return self.parameters()

    def check(self, files: Mapping[str, bytes], features: Mapping[str, str]) -> None:
        float(files["coin"])

    def train(self, rows: Rows) -> Candidate:
        self.trainings.append(self.states)
        encoder = fit_encoder(pl.DataFrame({"clicks": [0.0, 1.0]})).to_json().encode()
        story = Story("How a coin falls.", "Throws of it.")
        return Candidate({"coin": str(self.states).encode(), "encoder.json": encoder}, {"auc": 0.5}, {}, story)

    def compare(self, champion: Mapping[str, bytes], rows: Rows, seen_until: SeenUntil) -> Paired | None:
        if self.newest <= seen_until["labels"]:
            return None
        observed = (np.arange(COUNT) / COUNT < self.rate).astype(float)
        stated = [np.full(COUNT, each) for each in (self.states, float(champion["coin"]))]
        losses = [(each - observed) ** 2 for each in stated]
        return Paired(*losses, *stated, observed, np.ones(COUNT), np.arange(COUNT), {}, "squared error")


class Home:
    """A home whose nights are chosen one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry, self.ledger = Registry(home=str(folder)), Ledger(home=str(folder))

    def night(self, days: int, coin: Coin, clicks: float = 0.0) -> InUse:
        generator = np.random.default_rng(days)
        features = pl.DataFrame({"clicks": generator.normal(clicks, 1.0, 2_000)})
        units = np.arange(2_000).astype(str)
        contacts = ScoredContacts(features, units, np.zeros(2_000, dtype=bool), {})
        newest = coin.newest if coin.newest != NIGHT else NIGHT + timedelta(days=days - 1)
        tonight = Tonight(NIGHT + timedelta(days=days), self.registry, self.ledger, lambda: contacts, 7, 0.25)
        return choose_version(tonight, replace(coin, newest=newest, trainings=coin.trainings))

    def decided(self, days: int, model_version: str) -> None:
        """The night's decisions, as far as they tell of models."""
        frame = pl.DataFrame({"decision_id": ["d"], "model_version": [model_version]})
        self.ledger.append("decisions", NIGHT + timedelta(days=days), frame)

    def alias(self) -> int | None:
        return self.registry.alias(NAME).version

    def nightjar(self, *arguments: str) -> str:
        result = CliRunner().invoke(cli.app, ["models", *arguments, "--home", str(self.folder)])
        return f"{result.exit_code} {result.output}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow database: making one takes seconds, copying it doesn't."""
    registry = Registry(home=str(tmp_path_factory.mktemp("empty")))
    assert registry._client.search_registered_models() == []
    return registry.database


@pytest.fixture
def home(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name, value in TELEMETRY_OFF.items():
        monkeypatch.setenv(name, value)
    home = Home(tmp_path)
    shutil.copy(database, home.registry.database)
    yield home


def version(choice: InUse) -> int | None:
    return choice.version.version if choice.version else None


def test_the_alias_moves_only_to_the_better_one(home: Home) -> None:
    assert version(home.night(0, Coin(0.45))) == 1 and home.alias() == 1
    worse = home.night(7, Coin(0.9))
    assert version(worse) == 1 and home.alias() == 1
    assert worse.newest is not None and worse.newest.tags["judgement"].startswith("worse: squared error")
    better = home.night(14, Coin(0.5))
    assert (version(better), home.alias()) == (1, 1), "closer by a hair is a tie"
    first = home.night(21, Coin(0.1, rate=0.1))
    assert version(first) == 4 and home.alias() == 4
    assert first.version is not None and first.version.tags["judgement"].startswith("better: squared error")
    assert version(home.night(7, Coin(0.9))) == 1, "an earlier night again finds what it found"
    assert home.alias() == 4, "and leaves the alias of the newest night"


def test_a_quiet_night_trains_nothing(home: Home) -> None:
    coin = Coin(0.5)
    home.night(0, coin)
    for days in range(7):
        assert version(home.night(days, coin)) == 1
    assert coin.trainings == [0.5]
    home.night(7, replace(coin, states=0.9))
    home.night(8, coin)
    assert coin.trainings == [0.5, 0.9], "a challenger that lost isn't trained anew the next night"
    home.night(9, replace(coin, outcomes=150))
    assert len(coin.trainings) == 3
    versions = home.registry.versions(NAME)
    assert [each.tags["trained_because"] for each in versions] == [
        "first training", "7 days since version 1", "150 outcomes are known, 100 were at version 2",
    ]  # fmt: skip


def test_drift_trains_once_and_is_named(home: Home) -> None:
    coin = Coin(0.5)
    home.night(0, coin)
    home.night(1, coin, clicks=3.0)
    home.night(2, coin, clicks=3.0)
    because = [each.tags["trained_because"] for each in home.registry.versions(NAME)]
    assert len(because) == 2 and because[1].startswith("drift since version 1: clicks (PSI ")


def test_a_person_pins_rolls_back_and_releases(home: Home) -> None:
    home.night(0, Coin(0.45))
    home.night(7, Coin(0.1, rate=0.1))
    assert home.alias() == 2
    assert home.nightjar("rollback", "propensity-reply", "--by", "anna", "--reason", "odd").startswith("0 propensity-")
    assert home.alias() == 1
    assert version(home.night(7, Coin(0.1, rate=0.1))) == 2, "the same night again decides as it did"
    assert home.alias() == 1
    pinned = home.night(14, Coin(0.12, rate=0.1))
    assert version(pinned) == 1 and "pinned in a rollback by anna" in pinned.reason and home.alias() == 1
    assert pinned.newest is not None and "not promoted: version 1 is pinned" in pinned.newest.tags["judgement"]
    listed = home.nightjar("list", "--json")
    assert '"champion": 1' in listed and '"pinned": "pinned in a rollback by anna' in listed
    assert home.nightjar("release", "propensity-reply", "--by", "bo").startswith("0 propensity-reply: version 1 stays")
    assert version(home.night(15, Coin(0.1, rate=0.1))) == 1
    assert version(home.night(21, Coin(0.1, rate=0.1))) == 4 and home.alias() == 4


def test_wrong_words_are_refused_and_change_nothing(home: Home) -> None:
    home.night(0, Coin(0.5))
    told = home.nightjar("promote", "propensity-reply", "7")
    assert told.startswith("2 Error: no version '7' of propensity-reply; there are 1, and 'prior'")
    assert home.nightjar("promote", "nonsense", "1").startswith("2 Error: no model 'nonsense'")
    assert "first that was ever promoted" in home.nightjar("rollback", "propensity-reply")
    assert home.nightjar("release", "propensity-reply").startswith("1 Error: propensity-reply isn't pinned")
    (only,) = home.registry.versions(NAME)
    home.registry.tag(only, {"retired": "a person was forgotten"})
    assert "is retired (a person was forgotten)" in home.nightjar("promote", "propensity-reply", "1")
    assert home.ledger.read("model_verdicts") is None
    assert version(home.night(1, Coin(0.5, newest=NIGHT + timedelta(days=1)))) == 2, "a retired version is replaced"


def test_the_prior_can_be_pinned_against_a_model_that_harms(home: Home) -> None:
    home.night(0, Coin(0.5))
    assert home.nightjar("rollback", "propensity-reply", "--to", "prior", "--by", "anna").startswith("0")
    choice = home.night(1, Coin(0.5))
    assert choice.status == "prior" and choice.reason.startswith("pinned in a rollback by anna")
    assert home.alias() is None


def test_a_hand_in_mlflow_is_heeded_and_a_missing_alias_said(home: Home) -> None:
    home.night(0, Coin(0.45))
    home.night(7, Coin(0.1, rate=0.1))
    client = home.registry._client
    client.delete_registered_model_alias(NAME, CHAMPION)
    said = "the alias champion was missing in MLflow and names version 2 again"
    for _ in range(2):
        choice = home.night(8, Coin(0.1))
        assert version(choice) == 2 and choice.reason == f"trained for 2026-03-09; {said}"
    assert home.alias() == 2
    client.set_registered_model_alias(NAME, CHAMPION, "1")
    for days in (9, 10, 9):
        choice = home.night(days, Coin(0.1))
        assert version(choice) == 1 and "by MLflow" in choice.reason
    assert version(home.night(8, Coin(0.1))) == 2


def test_a_lost_store_is_said_and_models_are_trained_anew(home: Home, database: Path) -> None:
    coin = Coin(0.5)
    home.night(0, coin)
    home.decided(0, "propensity-reply/1;prior")
    shutil.copy(database, home.registry.database)
    lost = Home(home.folder)
    for _ in range(2):
        choice = lost.night(1, coin)
        assert version(choice) == 1 and lost.alias() == 1
        assert choice.reason == (
            "trained for 2026-03-03; the model store was lost: propensity-reply/1 was in use on 2026-03-02 and isn't "
            "there any more"
        )
    assert lost.night(2, coin).reason == "trained for 2026-03-03"
    shutil.rmtree(home.folder / "mlartifacts")
    choice = lost.night(3, replace(coin, newest=NIGHT + timedelta(days=2)))
    assert version(choice) == 2 and "propensity-reply/1" in choice.reason and "can't be read" in choice.reason


def test_every_version_has_a_card_and_its_data(home: Home) -> None:
    choice = home.night(0, Coin(0.5))
    assert choice.version is not None
    run = home.folder / "mlartifacts" / choice.version.run_id / "artifacts"
    card = (run / "card.md").read_text()
    for told in ("How a coin falls.", "labels: 400 rows of 2026-03-01", "Trained because: first training", "Left out"):
        assert told in card
    assert (run / "bundle" / "profile.json").exists() and (run / "parameters.json").exists()
    assert {"ledger_sha256", "snapshot_sha256", "seen_until"} <= set(choice.version.tags)
