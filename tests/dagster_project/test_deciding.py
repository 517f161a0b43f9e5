"""A night's decisions: in the ledger first, the same when run again, complete when things are missing."""

from datetime import date, datetime, time
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dagster_project.defs import deciding, measuring
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from models.decisions import SCHEMA, decision_ids
from models.reasons import FACT_COLUMNS
from policy.loading import load_policy

NIGHT, NEXT_NIGHT = date(2026, 3, 1), date(2026, 3, 2)

FACTS = (Path(__file__).parent / "deciding_facts.sql").read_text()


class World:
    """A home with the facts of one night, whose decision assets can be run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.warehouse, self.ledger = Warehouse(home=str(home)), Ledger(home=str(home))

    def prepare(self, night: date = NIGHT, contacts: int = 60) -> "World":
        self.night = night
        features = ", ".join(f"1 as {column}" for column in FACT_COLUMNS)
        with self.warehouse.connect() as connection:
            connection.execute(FACTS.format(night=night, contacts=contacts, features=features))
        return self

    def next_night(self, night: date) -> "World":
        """The warehouse is derived: the next night makes it anew, and sees the ledger of the nights before."""
        arms = self.ledger.read("arms", before=night)
        self.warehouse.path.unlink()
        self.prepare(night)
        self.warehouse.replace_table("raw.ledger_arms", arms)
        return self

    def decide(self) -> pl.DataFrame:
        resources = {
            "night": Night(home=str(self.home), exports="", policy="", run_date=str(self.night)),
            "warehouse": self.warehouse,
            "ledger": self.ledger,
            "registry": Registry(home=str(self.home)),
        }
        with dg.DagsterInstance.ephemeral() as instance:
            assert dg.materialize([deciding.arms, deciding.decisions], resources=resources, instance=instance).success
        return self.warehouse.query("select * from decisioning.next_best_action order by contact_id")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_every_contact_has_one_decision_of_the_agreed_form(world):
    decisions = world.prepare().decide()
    assert dict(decisions.schema) == SCHEMA
    assert decisions["contact_id"].to_list() == sorted(f"c{i}" for i in range(60))
    assert (decisions["decision_id"] == decision_ids(decisions["contact_id"], NIGHT)).all()
    mails = decisions.filter(pl.col("action_id") == "mail")
    assert (mails["preferred_send_at"] == datetime.combine(NIGHT, time(15))).all()
    assert mails["send_at"].is_between(datetime.combine(NIGHT, time(13)), datetime.combine(NIGHT, time(18))).all()
    assert mails["send_at"].n_unique() > 1
    probability = 0.5 / 6 + 0.5 * (mails["send_at"] == mails["preferred_send_at"])
    assert (mails["send_hour_probability"] - probability).abs().max() < 1e-12
    assert set(mails["content"]) == {'{"body": "short"}', '{"body": "long"}'}
    assert decisions.filter(pl.col("channel") == "call")["send_hour_probability"].is_null().all()
    acting = decisions.filter(pl.col("action_id").is_not_null())
    assert set(acting["arm"]) <= {"model", "random_control"}
    assert acting["account_id"].drop_nulls().value_counts()["count"].max() <= 2
    assert acting.filter(pl.col("action_id") != "mail")["owner_id"].drop_nulls().unique().to_list() == ["o1"]
    assert (acting.filter(pl.col("action_id") == "visit")["approval_status"] == "pending").all()
    assert decisions["action_probability"].is_between(0, 1, closed="right").all()


def test_what_is_missing_is_said(world):
    decisions = {row["contact_id"]: row for row in world.prepare().decide().to_dicts()}
    for contact_id, expected in (("c0", "no_score"), ("c1", "consent")):
        row = decisions[contact_id]
        assert row["action_id"] is None
        assert row["no_action_gate"] == (expected if row["arm"] in ("model", "random_control") else "arm")
        assert row["reason_codes"]


def test_what_could_have_been_drawn_is_said_in_every_arm(world):
    decisions = {row["contact_id"]: row for row in world.prepare(contacts=300).decide().to_dicts()}
    assert decisions["c0"]["eligible_action_ids"] == decisions["c1"]["eligible_action_ids"] == []
    others = [row for contact_id, row in decisions.items() if contact_id not in ("c0", "c1")]
    assert {row["arm"] for row in others} >= {"model", "holdout", "business_as_usual"}
    for row in others:
        assert row["eligible_action_ids"] == (["call", "mail", "visit"] if row["account_id"] else ["mail"])


def test_an_account_is_made_one_offer(world):
    with world.prepare(contacts=300).warehouse.connect() as connection:
        connection.execute(
            "update raw.policy_actions set offer = case action_id when 'mail' then 'trial' else 'visit' end"
        )
        connection.execute("""
            update decisioning.eligible_actions set is_eligible = false, gate = 'cool_down', detail = 'so'
            where action_id <> 'mail' and contact_id = 'c7'""")
    decisions = world.decide()
    acting = decisions.filter(pl.col("action_id").is_not_null(), pl.col("account_id").is_not_null())
    acting = acting.with_columns(offer=pl.col("action_id") == "mail")
    assert acting.group_by("account_id").agg(pl.col("offer").n_unique())["offer"].max() == 1
    assert acting["offer"].n_unique() == 2
    drawn = decisions.filter(pl.col("arm") == "random_control", pl.col("action_id").is_not_null())
    assert all(action in allowed for action, allowed in drawn.select("action_id", "eligible_action_ids").rows())
    (c7,) = decisions.filter(pl.col("contact_id") == "c7").to_dicts()
    if not c7["eligible_action_ids"] and c7["arm"] in ("model", "random_control"):
        assert c7["no_action_gate"] == "offer"


def test_a_cap_over_several_days_leaves_room_for_no_more_tonight(world):
    with world.prepare(contacts=300).warehouse.connect() as connection:
        connection.execute("update raw.policy_channels set daily_volume = null; delete from raw.policy_volumes")
    before = world.decide()
    with world.warehouse.connect() as connection:
        connection.execute("alter table core.touches add column channel varchar")
        connection.execute(
            "create table core.buying_group_members (contact_id varchar, offering_id varchar, buying_group_id varchar)"
        )
        connection.execute("insert into raw.policy_contact_rules values ('week', 'touches', 'account', 1, 7, null)")
        actions = "select 'week', action_id from raw.policy_actions"
        connection.execute(f"insert into raw.policy_contact_rule_actions {actions}")
    after = world.decide()
    acting = pl.col("action_id").is_not_null() & pl.col("account_id").is_not_null()
    counts = [each.filter(acting).group_by("account_id").len()["len"].max() for each in (before, after)]
    assert counts == [2, 1]


def test_the_ledger_holds_what_the_warehouse_holds(world):
    decisions = world.prepare().decide()
    assert world.ledger.read("decisions").equals(decisions)
    assert world.warehouse.query("select * from decisioning.decision_log order by contact_id").equals(decisions)
    arms = world.warehouse.query("select * from decisioning.arms")
    assert world.ledger.read("arms").equals(arms)
    assert set(arms["unit_id"]) == set(decisions.select(pl.coalesce("account_id", "contact_id")).to_series())


def test_the_same_night_again_writes_nothing_new(world):
    first = world.prepare().decide()
    assert world.decide().equals(first)
    assert [path.name for path in world.ledger.folder("decisions").iterdir()] == [f"{NIGHT}.parquet"]
    assert [path.name for path in world.ledger.folder("arms").iterdir()] == [f"{NIGHT}.parquet"]


def test_the_next_night_keeps_the_arms_and_adds_its_decisions(world):
    first = world.prepare().decide()
    second = world.next_night(NEXT_NIGHT).decide()
    assert first.select("contact_id", "arm").equals(second.select("contact_id", "arm"))
    assert world.ledger.files("arms")[-1].name == f"{NIGHT}.parquet"
    log = world.warehouse.query(
        "select run_date, count(*) as count from decisioning.decision_log group by 1 order by 1"
    )
    assert log.rows() == [(NIGHT, 60), (NEXT_NIGHT, 60)]


def test_a_verdict_counts_when_the_night_is_run_again(world):
    pending = world.prepare().decide().filter(pl.col("approval_status") == "pending").head(2)
    assert len(pending) == 2
    verdicts = pending.select(
        "decision_id", "run_date", pl.Series("verdict", ["approved", "rejected"]), pl.lit("me").alias("decided_by"),
        pl.lit(datetime.combine(NIGHT, time(9))).alias("decided_at"),
    )  # fmt: skip
    world.ledger.append("approvals", NIGHT, verdicts)
    again = world.decide()
    judged = again.filter(pl.col("decision_id").is_in(pending["decision_id"].to_list()))
    assert judged["approval_status"].to_list() == ["approved", "rejected"]
    assert world.ledger.files("decisions")[-1].name == f"{NIGHT}.001.parquet"
    assert world.decide().equals(again)
    assert len(list(world.ledger.folder("decisions").iterdir())) == 2


def test_limits_and_the_summary_add_up(world):
    decisions = world.prepare().decide()
    limits = {
        row["limit_id"]: row for row in world.warehouse.query("select * from decisioning.limit_prices").to_dicts()
    }
    assert limits["daily_volume:email"]["used"] == (decisions["action_id"] == "mail").sum() <= 20
    assert limits["rep_daily_capacity:o1"]["used"] == decisions["action_id"].is_in(["call", "visit"]).sum() <= 3
    summary = world.warehouse.query("select * from decisioning.allocation_summary").row(0, named=True)
    assert summary["count_actions"] == decisions["action_id"].count()
    assert summary["value_cents"] <= summary["upper_bound_cents"]


def test_no_hour_has_more_messages_than_its_channel_may(world):
    world.prepare()
    with world.warehouse.connect() as connection:
        connection.execute("update raw.policy_channels set hourly_volume = 2 where channel = 'email'")
    mails = world.decide().filter(pl.col("action_id") == "mail")
    per_hour = mails.group_by(pl.col("send_at").dt.hour()).len()
    assert sorted(per_hour.rows()) == [(hour, 2) for hour in range(13, 19)]
    assert "volume" in mails["send_hour_basis"].to_list()


@pytest.mark.parametrize("contacts", [0, 2])
def test_nobody_to_decide_for(world, contacts):
    decisions = world.prepare(contacts=contacts).decide()
    assert len(decisions) == contacts
    assert dict(decisions.schema) == SCHEMA
    assert decisions["action_id"].null_count() == contacts
    assert len(world.warehouse.query("select * from decisioning.decision_log")) == contacts


def test_lift_is_measured_from_arm_statistics(world):
    statistics = pl.DataFrame(
        {
            "arm": ["model", "holdout"], "metric": ["reply"] * 2, "n": [100, 50],
            "count_units_with_outcome": [30, 10], "max_y": [1.0, 1.0], "sum_y": [30.0, 10.0],
            "sum_y_squares": [30.0, 10.0], "sum_x": [5.0, 2.0], "sum_x_squares": [5.0, 2.0], "sum_xy": [2.0, 1.0],
        }
    )  # fmt: skip
    world.prepare()
    world.warehouse.replace_table("measurement.arm_statistics", statistics)
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([measuring.lift], resources={"warehouse": world.warehouse}, instance=instance).success
    row = world.warehouse.query("select * from measurement.lift").row(0, named=True)
    assert (row["metric"], row["arm"], row["reference_arm"]) == ("reply", "model", "holdout")
    assert row["low"] < row["difference"] < row["high"]


def test_the_smallest_policy_decides(world, tmp_path):
    (tmp_path / "policy").mkdir()
    smallest = Path(__file__).parents[1] / "policy" / "smallest_policy.yml"
    (tmp_path / "policy" / "policy.yml").write_text(smallest.read_text())
    world.prepare(contacts=120)
    tables = load_policy(tmp_path / "policy").tables()
    for name in ("goals", "actions", "channels", "limits", "arms", "channel_words"):
        world.warehouse.replace_table(f"raw.policy_{name}", tables[f"policy_{name}"])
    _, _, of_actions = FACTS.partition("create table decisioning.eligible_actions as")
    of_actions = of_actions.partition("create table features.contact_features")[0]
    with world.warehouse.connect() as connection:
        connection.execute("drop table decisioning.eligible_actions; drop table decisioning.action_scores")
        connection.execute("create table decisioning.eligible_actions as" + of_actions)
    decisions = world.decide()
    acting = decisions.filter(pl.col("action_id").is_not_null())
    assert acting["action_id"].n_unique() > 1
    assert set(acting["approval_status"]) == {"pending"}


def test_a_guardrail_compares_a_night_with_the_nights_before(world):
    world.prepare(contacts=120)
    with world.warehouse.connect() as connection:
        connection.execute("""
            insert into raw.ledger_decisions
                select date '2026-03-01' - night::int, 'mail', 'prior' from range(1, 5) as t(night), range(6);
            insert into raw.policy_guardrails (name, modes, maximum_volume_factor, new_model_days)
                values ('steady', 'autonomous,supervised', 1.5, 7);
            update raw.policy_channels set contact_price_cents = 10;
            insert into core.touches values ('c3', 'outbound', timestamp '2026-02-22 10:00')""")
    decisions = world.decide()
    mails = decisions.filter(pl.col("action_id") == "mail")
    assert (mails["approval_status"] == "not_needed").sum() == 9 < len(mails)
    beyond = mails.filter(pl.col("approval_status") == "pending")
    assert set(beyond["review_reasons"].explode()) == {"guardrail steady: more than 1.5 times the 6.0 of a usual night"}
    assert beyond["net_value"].max() <= mails.filter(pl.col("approval_status") != "pending")["net_value"].min()
    assert set(decisions.filter(pl.col("action_id").is_not_null())["contact_price"]) <= {10.0, 15.0}
