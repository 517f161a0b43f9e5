"""Raw rows for the tests of identity: each few rows show one rule, or one case that must not join."""

from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]


def contact(record_id: str, email: str | None, name: str = "", **columns: object) -> Row:
    """A Salesforce contact; `name` is first and last name."""
    first, _, last = name.partition(" ")
    return {"id": record_id, "email": email, "first_name": first, "last_name": last, **columns}


lead = contact  # the same columns


def hubspot(record_id: str, email: str | None, name: str = "", **columns: object) -> Row:
    first, _, last = name.partition(" ")
    named = {"property_firstname": first, "property_lastname": last, "property_email": email}
    return {"id": record_id, **named, **columns}


def identify(event_id: str, **columns: object) -> Row:
    return {"id": event_id, "timestamp": "2026-02-01 10:00:00", **columns}


def joining() -> Rows:
    """Records that are one person."""
    return {
        "salesforce__contact": [
            contact("003email", " Anna@Alpha.example ", "Anna Adler", account_id="001alpha"),
            contact("003phone", "c.conti@chi.example", "C. Conti", phone="030 901820", mailing_country="Deutschland"),
            contact("003conv", "gina@gamma.example", "Gina Gold"),
            contact("003web", "harry@eta.example", "Harry Hall"),
            contact("003mail", "ida@iota.example", "Ida Imhof"),
            contact("003id", None, "Jil Jung"),
            contact("003bill", "kai@kappa.example", "Kai Kern"),
            contact("003typo", "stefan@omega.example", "Stefan Schulz"),
        ],
        "salesforce__lead": [
            lead("00Qsecond", "bea.second@beta.example", "Bea Berg"),
            lead("00Qphone", "carla@private.example", "Carla Conti", phone="+49 (0)30 901820"),
            lead(
                "00Qconv", "gina.old@elsewhere.example", "Gina Gold", is_converted=True, converted_contact_id="003conv"
            ),
            lead("00Qtypo", "stefan@omega.example", "Stephan Schultz"),
        ],
        "hubspot__contact": [
            hubspot("101", "ANNA@alpha.example"),
            hubspot(
                "102", "bea@beta.example", property_hs_additional_emails="bea.second@beta.example; third@beta.example"
            ),
            hubspot("103", "new@delta.example", "Dan Dorn"),
            hubspot("104", "old@delta.example", "Dan Dorn"),
            hubspot("105.0", "e1@epsilon.example", "Eva Ernst", property_hs_merged_object_ids="106;107"),
            hubspot("106", "e2@epsilon.example", "Eva Ernst"),
        ],
        "hubspot__contact_merge_audit": [{"canonical_vid": "103", "vid_to_merge": "104"}],
        "segment__identifies": [
            identify("i1", user_id="u1", anonymous_id="dev_own", email="harry@eta.example"),
            identify("i2", user_id="003id", anonymous_id="dev_id"),
            identify("i3", anonymous_id="dev_mail_only", email="nobody.else@theta.example"),
        ],
        "segment__tracks": [
            {"id": "t1", "user_id": "Ida@iota.example", "timestamp": "2026-02-02 10:00:00", "event": "Report Exported"}
        ],
        "billing__subscription": [
            {
                "id": "sub1",
                "customer_id": "cus1",
                "email": "kai@kappa.example",
                "company": "Kappa AG",
                "status": "active",
            }
        ],
    }


JOINED = [
    ("salesforce|contact|003email", "hubspot|contact|101", "email"),
    ("hubspot|contact|102", "salesforce|lead|00Qsecond", "email"),
    ("salesforce|contact|003phone", "salesforce|lead|00Qphone", "phone"),
    ("salesforce|contact|003conv", "salesforce|lead|00Qconv", "converted_lead"),
    ("hubspot|contact|103", "hubspot|contact|104", "hubspot_merge"),
    ("hubspot|contact|105", "hubspot|contact|106", "hubspot_merge"),
    ("salesforce|contact|003web", "segment|user|u1", "web_email"),
    ("salesforce|contact|003mail", "segment|user|Ida@iota.example", "web_email"),
    ("salesforce|contact|003id", "segment|user|003id", "web_login"),
    ("salesforce|contact|003bill", "billing|customer|cus1", "billing_email"),
    ("salesforce|contact|003typo", "salesforce|lead|00Qtypo", "email"),
    ("hubspot|contact|201", "salesforce|lead|00Qmax", "email"),
]


def not_joining() -> Rows:
    """Records that look alike and are different people."""
    return {
        "salesforce__contact": [
            contact("003role", "info@lambda.example", "Lea Lang"),
            contact("003duo1", "duo@nu.example", "Paul Pohl"),
            contact("003duo2", "duo@nu.example", "Rita Rau"),
            contact("003name1", "maria.1@xi.example", "Maria Müller"),
            contact("003name2", "maria.2@xi.example", "Maria Müller"),
            contact("003bad1", "not-an-address", "Vera Voss"),
            contact("003bad2", "not-an-address", "Vera Voss"),
            contact("003other", "emil@pi.example", "Emil Egger", phone="+4930111222"),
            contact("003family", "b.smith@tau.example", "Bruno Smith", phone="+12125550123"),
            *[
                contact(f"003desk{number}", f"desk{number}@rho.example", name, phone="+442079460000")
                for number, name in enumerate(["Fay Foster", "F. Foster", "Gus Green", "Hal Hunt"])
            ],
        ],
        "salesforce__lead": [
            lead("00Qother", "dora@pi.example", "Dora Deng", phone="+4930111222"),
            lead("00Qfamily", "a.smith@tau.example", "Agnes Smith", phone="+1 212 555 0123"),
            lead("00Qmax", "studio@mu.example", "Max Moser"),
            lead("00Qnina", "studio@mu.example", "Nina Nagel"),
            lead("00Qotto", "studio@mu.example", "Otto Ochs"),
            *[lead(f"00Qfiller{number}", "asked.not.to.say@psi.example") for number in range(51)],
        ],
        "hubspot__contact": [
            hubspot("201", "studio@mu.example", "Max Moser"),
            hubspot("202", "info@lambda.example"),
        ],
    }


NOT_JOINED = [
    ("salesforce|contact|003role", "hubspot|contact|202"),
    ("salesforce|contact|003duo1", "salesforce|contact|003duo2"),
    ("salesforce|contact|003name1", "salesforce|contact|003name2"),
    ("salesforce|contact|003bad1", "salesforce|contact|003bad2"),
    ("salesforce|contact|003other", "salesforce|lead|00Qother"),
    ("salesforce|contact|003family", "salesforce|lead|00Qfamily"),
    ("salesforce|contact|003desk0", "salesforce|contact|003desk1"),
    ("salesforce|lead|00Qnina", "salesforce|lead|00Qotto"),
    ("salesforce|lead|00Qnina", "hubspot|contact|201"),
    ("salesforce|lead|00Qfiller0", "salesforce|lead|00Qfiller1"),
]


def companies() -> Rows:
    """What makes an account, and what doesn't."""
    return {
        "salesforce__account": [
            {"id": "001alpha", "name": "Alpha GmbH", "website": "https://www.Alpha.example/en"},
            {"id": "001zeta", "name": "Zeta Ltd"},
            {"id": "001twin1", "name": "Twin Inc"},
            {"id": "001twin2", "name": "Twin"},
        ],
        "hubspot__company": [{"id": "900", "property_name": "Alpha", "property_domain": "alpha.example"}],
        "salesforce__contact": [contact("003zeta", "z1@zeta.example", "Zoe Zorn", account_id="001zeta")],
        "salesforce__lead": [
            lead("00Qdomain", "zed@alpha.example", "Zed Zander"),
            lead("00Qsub", "yan@eu.alpha.example", "Yan Yates"),
            lead("00Qname", "alpha.fan@gmail.com", "Al Fan", company="ALPHA"),
            lead("00Qcolleague", "z2@zeta.example", "Zac Zorn"),
            lead("00Qfree", "free.person@gmail.com", "Fred Free"),
            lead("00Qedu", "prof@cs.stanford.edu", "Paula Prof"),
            lead("00Qtwin", "twin.person@gmail.com", "Tom Twin", company="Twin"),
        ],
        "hubspot__contact": [hubspot("301", "h@web.de", property_associatedcompanyid="900.0")],
    }


def changing(night: int) -> Rows:
    """Records that differ between the first and the second night."""
    first = night == 1
    merged = {} if first else {"is_converted": True, "converted_contact_id": "003join"}
    gone = {"_is_deleted": not first}
    rows: Rows = {
        "salesforce__contact": [
            contact("003join", "join.new@sigma.example", "Jo Joiner"),
            contact("003split", "split@sigma.example", "Sam Split"),
            contact("003anchor", "anchor@sigma.example", "Ann Anchor", **gone),
            contact(
                "003loser", "loser@sigma.example", "Luc Loser", master_record_id=None if first else "003winner", **gone
            ),
            contact("003winner", "winner@sigma.example", "Luc Loser"),
            contact("003gone", "gone@sigma.example", "Gil Gone", **gone),
        ],
        "salesforce__lead": [lead("00Qjoin", "join.old@sigma.example", "Jo Joiner", **merged)],
        "hubspot__contact": [
            hubspot("401", "split@sigma.example" if first else "split.off@sigma.example", "Sam Split"),
            hubspot("402", "anchor@sigma.example", "Ann Anchor"),
        ],
    }
    if not first:
        rows["hubspot__contact"].append(hubspot("403", "winner@sigma.example", "Luc Loser"))
    return rows


def devices() -> Rows:
    """Two people on one device, one person on another."""
    return {
        "segment__identifies": [
            identify("i10", user_id="u10", anonymous_id="dev_shared", email="first@upsilon.example"),
            identify("i11", user_id="u11", anonymous_id="dev_shared", email="second@upsilon.example"),
            identify("i12", user_id="u10", anonymous_id="dev_first", email="first@upsilon.example"),
        ],
        "segment__pages": [
            {"id": "p1", "anonymous_id": "dev_shared", "timestamp": "2026-02-03 10:00:00", "path": "/"},
            {"id": "p2", "anonymous_id": "dev_first", "timestamp": "2026-02-03 11:00:00", "path": "/Pricing"},
            {"id": "p3", "anonymous_id": "dev_nobody", "timestamp": "2026-02-03 12:00:00", "path": "/"},
        ],
    }


def combined(*parts: Rows) -> Rows:
    rows: Rows = {}
    for part in parts:
        for table, more in part.items():
            rows.setdefault(table, []).extend(more)
    return rows
