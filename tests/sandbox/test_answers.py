import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from sandbox.__main__ import main
from sandbox.answers import AnswerError, answer_night
from sandbox.market import create_market
from sandbox.published import hashes
from sandbox.truth import Truth, TruthError
from tests.sandbox.conftest import NIGHT
from tests.sandbox.exported import digests, email_sends, managed, publish, read_object

NEXT = NIGHT + timedelta(days=1)


def _mailable(exports: Path) -> pl.DataFrame:
    records = Truth.load(exports).records().filter(object="contact", source="salesforce")
    return records.filter("is_valid").unique("person_id", keep="first", maintain_order=True)


def test_a_night_without_decisions_still_has_a_life(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("quiet")
    before = digests(exports)
    publish(tmp_path / "home", NIGHT)
    answer_night(exports, tmp_path / "home", NIGHT)
    after = digests(exports)
    assert {path: after[path] for path in before} == before  # only new files
    new = {Path(path).name.split("-0000")[0] for path in set(after) - set(before)}
    assert new == {str(NEXT)}
    for name in ("segment/pages", "hubspot/email_event", "automation/rule_fire", "ads/spend", "salesforce/lead"):
        assert len(read_object(exports, name, NEXT)) > 0, name
    times = read_object(exports, "segment/pages", NEXT)["timestamp"].dt.date()
    assert set(times) <= {NIGHT}
    assert read_object(exports, "delivery/result", NEXT).is_empty()


def test_what_was_not_published_can_not_be_answered(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("unanswered")
    with pytest.raises(AnswerError, match="nothing was published for 2026-03-02"):
        answer_night(exports, tmp_path / "home", NIGHT)
    publish(tmp_path / "home", NIGHT)
    (tmp_path / "home" / "published" / str(NIGHT) / "manifest.json").unlink()
    arguments = ["--out", str(exports), "--answer", str(tmp_path / "home"), "--date", str(NIGHT)]
    assert main(arguments) == 1
    with pytest.raises(TruthError, match="no simulated market"):
        answer_night(tmp_path / "nowhere", tmp_path / "home", NIGHT)


def test_an_action_that_the_market_does_not_know_is_named(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("strange")
    publish(tmp_path / "home", NIGHT, email_sends=email_sends(_mailable(exports).head(3), "email_poem", NIGHT))
    with pytest.raises(AnswerError, match="email_poem"):
        answer_night(exports, tmp_path / "home", NIGHT)


def test_a_night_answered_twice_gives_the_same_files(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("twice")
    publish(tmp_path / "home", NIGHT, email_sends=email_sends(_mailable(exports), "email_case_study", NIGHT))
    answer_night(exports, tmp_path / "home", NIGHT)
    once = digests(exports.parent)
    answer_night(exports, tmp_path / "home", NIGHT)
    assert digests(exports.parent) == once
    publish(tmp_path / "home", NEXT)
    publish(tmp_path / "home", NIGHT - timedelta(days=1))
    answer_night(exports, tmp_path / "home", NEXT)
    with pytest.raises(AnswerError, match="can't be answered any more"):
        answer_night(exports, tmp_path / "home", NIGHT - timedelta(days=1))


def test_every_mail_gets_a_result_and_events_with_its_decision(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("mailed")
    people = _mailable(exports)
    stranger = pl.DataFrame({"person_id": [9_999_999], "email": ["nobody@nowhere.example"]})
    sends = email_sends(pl.concat([people.select("person_id", "email"), stranger]), "email_case_study", NIGHT)
    publish(tmp_path / "home", NIGHT, email_sends=sends, contact_scores=managed(people))
    answer_night(exports, tmp_path / "home", NIGHT)
    results = read_object(exports, "delivery/result", NEXT)
    assert results["decision_id"].is_unique().all()
    assert set(results["decision_id"]) == set(sends["decision_id"])
    assert results.filter(decision_id=sends["decision_id"][-1])["status"].to_list() == ["bounced"]
    assert results["status"].eq("delivered").mean() > 0.95
    events = read_object(exports, "hubspot/email_event", NEXT).filter(pl.col("decision_id").is_not_null())
    sent = events.filter(type="SENT")
    assert sent["decision_id"].is_unique().all()
    assert sent["decision_id"].is_in(sends["decision_id"].implode()).all()
    opened = events.filter(type="OPEN")
    assert 0.15 < len(opened) / len(sent) < 0.45
    assert opened["decision_id"].is_in(sent["decision_id"].implode()).all()


def test_a_decision_is_acted_on_once(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("once")
    sends = email_sends(_mailable(exports).head(200), "email_webinar_invite", NIGHT)
    for night in (NIGHT, NEXT):
        publish(tmp_path / "home", night, email_sends=sends)
        answer_night(exports, tmp_path / "home", night)
    events = read_object(exports, "hubspot/email_event").filter(type="SENT")["decision_id"].drop_nulls()
    assert events.is_unique().all()


def test_a_mail_for_the_next_morning_is_sent_then(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("later")
    sends = email_sends(_mailable(exports).head(100), "email_webinar_invite", NEXT, hour=7)
    publish(tmp_path / "home", NIGHT, email_sends=sends)
    publish(tmp_path / "home", NEXT)
    answer_night(exports, tmp_path / "home", NIGHT)
    first = read_object(exports, "hubspot/email_event", NEXT)
    assert "decision_id" not in first.columns or first["decision_id"].is_null().all()
    answer_night(exports, tmp_path / "home", NEXT)
    second = read_object(exports, "hubspot/email_event", NEXT + timedelta(days=1))
    assert second.filter(type="SENT")["decision_id"].drop_nulls().len() > 90


def test_sellers_call_today_or_tomorrow_or_turn_it_down(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("called")
    people = read_object(exports, "salesforce/contact").filter(is_deleted="false").head(900)
    tasks = people.select(
        pl.format("d-{}", "id").alias("decision_id"), pl.col("id").alias("contact_id"),
        pl.col("id").alias("salesforce_who_id"), pl.lit("call_discovery").alias("action_id"),
        pl.format("Nightjar {}", "id").alias("subject"),
        pl.when(pl.int_range(pl.len()) < 600).then(pl.lit("not_needed")).otherwise(pl.lit("pending"))
        .alias("approval_status"),
    )  # fmt: skip
    publish(tmp_path / "home", NIGHT, crm_tasks=tasks)
    publish(tmp_path / "home", NEXT)
    answer_night(exports, tmp_path / "home", NIGHT)
    answer_night(exports, tmp_path / "home", NEXT)
    results = read_object(exports, "delivery/result")
    assert len(results) == 600  # a task that waits for approval isn't done
    assert 0.08 < results["status"].eq("rejected").mean() < 0.24
    done = [
        read_object(exports, "salesforce/task", day).filter(pl.col("subject").str.starts_with("Nightjar"))
        for day in (NEXT, NEXT + timedelta(days=1))
    ]
    assert len(done[0]) > len(done[1]) > 60
    calls = pl.concat(done)
    assert calls.select(("Nightjar " + pl.col("who_id") == pl.col("subject")).all()).item()


def test_old_rules_leave_managed_people_alone(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("managed")
    records = Truth.load(exports).records()
    everyone = records.filter(pl.col("email").is_not_null()).unique("email", keep="first", maintain_order=True)
    publish(tmp_path / "home", NIGHT, contact_scores=managed(everyone))
    answer_night(exports, tmp_path / "home", NIGHT)
    fires = read_object(exports, "automation/rule_fire", NEXT)
    assert fires.is_empty() or not fires["email"].is_in(everyone["email"].implode()).any()


def test_ad_platforms_know_people_by_each_ones_hash() -> None:
    found = hashes(pl.DataFrame({"email": ["john_smith@gmail.com", "a.b@gmail.com"], "person_id": [1, 2]}))
    people = dict(found.iter_rows())
    assert people["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"] == 1  # Meta's own example
    google = hashlib.sha256(b"ab@gmail.com").hexdigest()
    meta = hashlib.sha256(b"a.b@gmail.com").hexdigest()
    assert people[google] == people[meta] == 2


def test_days_that_were_left_out_pass(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("gap")
    night = date(2026, 3, 5)
    publish(tmp_path / "home", night)
    answer_night(exports, tmp_path / "home", night)
    days = set(
        read_object(exports, "segment/pages").filter(pl.col("timestamp").dt.date() >= NIGHT)["timestamp"].dt.date()
    )
    assert days == {NIGHT + timedelta(days=n) for n in range(4)}


def test_new_leads_arrive_and_are_known_to_the_truth(copied: Callable[[str], Path], tmp_path: Path) -> None:
    exports = copied("growing")
    for night in (NIGHT, NEXT):
        publish(tmp_path / "home", night)
        answer_night(exports, tmp_path / "home", night)
    people = Truth.load(exports).people()
    assert len(people) > 3000
    assert people["email"].is_unique().all()
    new = people.filter(pl.col("person_id") >= 3000)
    hubspot = read_object(exports, "hubspot/contact")["id"].implode()
    assert new.filter("is_in_hubspot")["hubspot_id"].is_in(hubspot).all()


def test_wrong_use_is_told_apart_from_failure(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path / "x"), "--date", "2026-03-02"])
    assert stop.value.code == 2
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0


def test_a_market_of_sixty_answers_three_nights(tmp_path: Path) -> None:
    exports, home = tmp_path / "exports", tmp_path / "home"
    create_market(exports, 60, NIGHT, 3)
    for number in range(3):
        night = NIGHT + timedelta(days=number)
        people = _mailable(exports)
        publish(home, night, email_sends=email_sends(people.head(20), "email_case_study", night),
                contact_scores=managed(people))  # fmt: skip
        answer_night(exports, home, night)
        results = read_object(exports, "delivery/result", night + timedelta(days=1))
        assert len(results) > 0
    assert Truth.load(exports).last_day() == NIGHT + timedelta(days=3)
