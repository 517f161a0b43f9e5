"""Columns that name a person. No model may learn from them, so the policy can't make features of them."""

import re

PREFIXES = ("property_", "context_traits_", "traits_", "mailing_", "billing_", "home_", "work_")
NAMES = (
    "name", "first_name", "firstname", "last_name", "lastname", "middle_name", "maiden_name", "full_name", "fullname",
    "surname", "forename", "given_name", "family_name", "nickname", "display_name", "contact_name", "person_name",
    "user_name", "username", "login",
)  # fmt: skip
ADDRESSES = (
    "email", "e_mail", "mail", "hs_additional_emails", "phone", "mobile", "mobilephone", "cell", "cellphone", "fax",
    "telephone", "address", "address_line", "street", "ip", "linkedin", "twitter", "twitterhandle",
    "facebook", "whatsapp", "skype",
)  # fmt: skip
BIRTH = ("birthdate", "birth_date", "birthday", "birth_day", "date_of_birth", "dob")
NUMBERS = (
    "id", "vid", "guid", "uuid", "key", "ssn", "social_security_number", "national_id", "tax_number", "vat_number",
    "passport", "passport_number", "iban", "account_number", "customer_number", "card_number", "licence_number",
    "license_number", "cookie", "fingerprint",
)  # fmt: skip
# A flag or a count about an address isn't the address.
ABOUT = ("has_", "is_", "count_", "number_of_", "days_since_")
KINDS = {"name": NAMES, "address": ADDRESSES, "date of birth": BIRTH, "number or id": NUMBERS}
ENDINGS = {
    "name": ("_first_name", "_last_name", "_full_name", "_firstname", "_lastname", "_surname"),
    "address": ("_email", "_phone", "_mobile", "_ip", "_address", "_ip_address", "_street", "_url_of_profile"),
    "date of birth": ("_birthdate", "_birthday", "_date_of_birth"),
    "number or id": ("_id", "_guid", "_uuid", "_vid", "_ssn", "_iban", "_customer_number", "_account_number"),
}


def what_it_names(column: str) -> str:
    """Which direct identifier a column is by its name (`name`, `address`, …); empty if none."""
    bare = re.sub(r"_?\d+$", "", column.lower())
    for prefix in PREFIXES:
        bare = bare.removeprefix(prefix)
    if bare.startswith(ABOUT):
        return ""
    for kind, names in KINDS.items():
        if bare in names or bare.endswith(ENDINGS[kind]):
            return kind
    return ""
