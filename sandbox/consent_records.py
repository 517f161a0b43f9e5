"""Consent, opt-outs and objections known when a person or company comes to be known."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sandbox.marketing_activity import consent_rows, mailed_address, suppression_rows
from sandbox.scene import Scene, constant, moment
from sandbox.seasons import SECONDS


def consent_records(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of consent given, and of opt-outs, objections and forbidden companies known from the start."""
    block = scene.block
    person = pl.Series(np.arange(0 if scene.is_first else scene.new_people, len(block.people)))
    people = block.people[person.to_numpy()].with_columns(address=mailed_address(scene, person))
    for channel in ("email", "phone", "ads"):
        given = people.filter(pl.col(f"consent_{channel}").is_not_null())
        phone = given["crm_mobile"].fill_null(given["crm_phone"]) if channel == "phone" else None
        rows = consent_rows(
            given["address"],
            channel,
            basis=given[f"consent_{channel}"],
            status="subscribed",
            at=moment(given["consent_at"]),
            source="form",
            phone=phone,
        )
        yield "consent/subscription_status", rows
    left = people.filter("is_unsubscribed_at_start")
    at = moment(left["consent_at"] + 5 * SECONDS)
    opt_outs = consent_rows(
        left["address"], "email", basis=None, status="unsubscribed", at=at, source="preference_center"
    )
    yield "consent/subscription_status", opt_outs
    objects = people.filter("objects")
    reason = constant("objection", len(objects))
    yield (
        "consent/suppression",
        suppression_rows(objects["address"], None, "all", reason, moment(objects["consent_at"])),
    )
    rivals = block.accounts[0 if scene.is_first else scene.new_accounts :].filter(pl.col("account_id") % 400 == 7)
    reason = constant("competitor", len(rivals))
    yield "consent/suppression", suppression_rows(None, rivals["domain"], "all", reason, moment(rivals["created_at"]))
