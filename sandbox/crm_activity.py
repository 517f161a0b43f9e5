"""Sales activity as Salesforce holds it: tasks, events, opportunities and their contact roles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from sandbox.effects import ACTION_IDS
from sandbox.facts import REPLY_TASK
from sandbox.scene import Scene, account_ids, constant, moment
from sandbox.seasons import SECONDS
from sandbox.seeds import Ints

CALL_SUBJECTS = {
    "call_discovery": "Call: discovery",
    "call_follow_up": "Call: follow-up",
    "executive_touch": "Call: executive sponsor",
}
REPLY_SUBJECTS = (
    "Re: a question",
    "Re: following up",
    "RE: your case study",
    "Re: pricing",
    "Re: webinar",
    "AW: Termin",
)
DISPOSITIONS = ("Connected", "Left Voicemail", "No Answer", "Connected")
MEETING_SUBJECTS = ("Intro call", "Product demo", "Discovery meeting", "Technical deep dive", "Demo")


@dataclass(frozen=True)
class Stage:
    """A sales stage: its name, the chance to win in percent, when it is reached as a part of the sales cycle."""

    name: str
    percent: int
    part: float


STAGES = (
    Stage("Prospecting", 10, 0.0),
    Stage("Qualification", 20, 0.2),
    Stage("Proposal/Price Quote", 60, 0.55),
    Stage("Negotiation/Review", 80, 0.8),
)
WON, LOST = Stage("Closed Won", 100, 1.0), Stage("Closed Lost", 0, 1.0)
ROLES = (
    "Economic Buyer",
    "Business User",
    "Technical Buyer",
    "Decision Maker",
    "Executive Sponsor",
    "Influencer",
    None,
)


def sales_rows(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of sales activity."""
    yield "salesforce/task", _tasks(scene)
    yield "salesforce/event", _meetings(scene)
    opportunities = scene.happened.frame("opportunity")
    ids = scene.ids(len(opportunities), "006", "A")
    yield "salesforce/opportunity", _opportunities(scene, opportunities, ids)
    yield "salesforce/opportunity_contact_role", _contact_roles(scene, opportunities, ids)


def _who(scene: Scene, person: pl.Series, at: pl.Series) -> pl.DataFrame:
    """Whom an activity hangs on: the contact, or the lead as long as there is none."""
    block = scene.block
    is_contact = pl.Series(block.people_state.contact_at[person.to_numpy()] <= at.to_numpy())
    people = scene.people(person, "contact_id", "lead_id", "account", "owner", "sales_owner")
    account = account_ids(scene.accounts(people["account"], "account_id")["account_id"])
    return pl.DataFrame(
        {
            "who_id": people["contact_id"].zip_with(is_contact, people["lead_id"]),
            "account_id": account.zip_with(is_contact, constant(None, len(person))),
            "owner_id": scene.user_ids(people["owner"].zip_with(is_contact, people["sales_owner"])),
        }
    )


def _tasks(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("task")
    size, at = len(facts), moment(facts["at"])
    is_reply = facts["action"] == REPLY_TASK
    reply = pl.Series(REPLY_SUBJECTS, dtype=pl.String).gather(scene.rng.integers(0, len(REPLY_SUBJECTS) - 1, size))
    call = pl.Series([CALL_SUBJECTS.get(name, "Call") for name in ACTION_IDS]).gather(
        facts["action"].clip(0).cast(pl.UInt32)
    )
    told = scene.decisions["subject"].gather(facts["touch"].replace(-1, None).cast(pl.UInt32))
    disposition = pl.Series(DISPOSITIONS).gather(scene.rng.integers(0, len(DISPOSITIONS), size))
    call = told.fill_null(call) if len(scene.decisions) else call
    who = _who(scene, facts["person"], facts["at"])
    return pl.DataFrame(
        {
            "id": scene.ids(size, "00T", "A"),
            "who_id": who["who_id"],
            "what_id": constant(None, size),
            "account_id": who["account_id"],
            "owner_id": who["owner_id"],
            "subject": reply.zip_with(is_reply, call),
            "type": constant("Email", size).zip_with(is_reply, constant("Call", size)),
            "task_subtype": constant("Email", size).zip_with(is_reply, constant("Call", size)),
            "status": constant("Completed", size),
            "call_disposition": constant(None, size).zip_with(is_reply, disposition),
            "is_closed": constant(True, size),
            "activity_date": at.cast(pl.Date),
            "completed_date_time": at,
            "is_deleted": constant(False, size),
            **_stamps(at, at),
        }
    )


def _meetings(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("meeting")
    size, at = len(facts), moment(facts["at"] // 1800 * 1800)
    who = _who(scene, facts["person"], facts["at"])
    subject = pl.Series(MEETING_SUBJECTS).gather(scene.rng.integers(0, len(MEETING_SUBJECTS), size))
    company = scene.accounts(scene.people(facts["person"], "account")["account"], "name")["name"]
    return pl.DataFrame(
        {
            "id": scene.ids(size, "00U", "A"),
            "who_id": who["who_id"],
            "what_id": constant(None, size),
            "account_id": who["account_id"],
            "owner_id": who["owner_id"],
            "subject": subject + " – " + company,
            "type": constant("Meeting", size),
            "event_subtype": constant("Event", size),
            "start_date_time": at,
            "end_date_time": at + timedelta(minutes=30),
            "activity_date_time": at,
            "is_deleted": constant(False, size),
            **_stamps(at, at),
        }
    )


def _opportunities(scene: Scene, facts: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """All versions of each opportunity, from its opening to its close."""
    people = scene.people(facts["person"], "account", "owner", "employees")
    company = scene.accounts(people["account"], "account_id", "name", "customer_since")
    amount = scene.rng.lognormal(9.8, 0.7, len(facts)) * (people["employees"].to_numpy() / 200) ** 0.25
    base = pl.DataFrame(
        {
            "id": ids,
            "account_id": account_ids(company["account_id"]),
            "name": company["name"] + " – platform",
            "type": pl.Series(
                np.where(
                    company["customer_since"].to_numpy() * SECONDS < facts["at"].to_numpy(),
                    "Existing Business",
                    "New Business",
                )
            ),
            "amount": (amount / 100).round() * 100,
            "lead_source": constant("Web", len(facts)),
            "owner_id": scene.user_ids(people["owner"]),
            "campaign_id": constant(None, len(facts)),
            "close_date": moment(facts["closes_at"]).cast(pl.Date),
            "at": facts["at"],
            "closes_at": facts["closes_at"],
            "is_deleted": constant(False, len(facts)),
        }
    )
    is_won = facts["is_won"] == 1
    open_stages = [_version(base, stage) for stage in STAGES]
    closed = [_version(base.filter(is_won), WON), _version(base.filter(~is_won), LOST)]
    return pl.concat([*open_stages, *closed]).drop("at", "closes_at")


def _version(base: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    """The rows as they are once the stage is reached."""
    modified = moment(base["at"] + ((base["closes_at"] - base["at"]) * stage.part).cast(pl.Int64))
    return base.with_columns(
        stage_name=pl.lit(stage.name),
        probability=pl.lit(float(stage.percent)),
        is_closed=pl.lit(stage in (WON, LOST)),
        is_won=pl.lit(stage == WON),
        **_stamps(moment(base["at"]), modified),
    )


def _contact_roles(scene: Scene, facts: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """The opener and some colleagues who are contacts by then."""
    contact_at = scene.block.people_state.contact_at
    account = scene.block.column("account")
    order = np.argsort(account, kind="stable")
    opportunity, person, role = [], [], []
    for row, (opener, at) in enumerate(facts.select("person", "at").iter_rows()):
        first, after = np.searchsorted(account[order], (account[opener], account[opener] + 1))
        colleagues = [other for other in order[first:after].tolist() if other != opener and contact_at[other] <= at]
        some = scene.rng.permutation(len(colleagues))[: int(scene.rng.integers(0, 4))].tolist()
        for member in [opener, *(colleagues[place] for place in some)]:
            opportunity.append(row)
            person.append(member)
            role.append(ROLES[int(scene.rng.integers(len(ROLES)))])
    rows: Ints = np.array(opportunity, dtype=np.int64)
    at = moment(facts["at"].gather(rows) + 300)
    return pl.DataFrame(
        {
            "id": scene.ids(len(rows), "00K", "A"),
            "opportunity_id": ids.gather(rows),
            "contact_id": scene.people(np.array(person, dtype=np.int64), "contact_id")["contact_id"],
            "role": pl.Series(role, dtype=pl.String),
            "is_primary": pl.Series(np.diff(rows, prepend=-1) > 0),
            "is_deleted": constant(False, len(rows)),
            **_stamps(at, at),
        }
    )


def _stamps(created: pl.Series, modified: pl.Series) -> dict[str, pl.Series]:
    return {
        "created_date": created,
        "last_modified_date": modified,
        "system_modstamp": modified,
        "emit_at": modified,
    }
