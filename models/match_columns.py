"""What matching compares of a person's record, in one spelling."""

import polars as pl
from anyascii import anyascii

# what a record may have, as text; what a source lacks is null
GIVEN = (
    "first_name", "last_name", "birth_date", "email", "phone", "mobile_phone", "company", "city", "postal_code",
    "title", "country",
)  # fmt: skip
COMPARED = (
    *GIVEN, "first_name_local", "last_name_local", "city_local", "first_name_root", "name_pair", "first_name_sound",
    "last_name_sound", "name_sound", "mailbox", "mailbox_letters", "mailbox_digits", "is_name_mailbox", "handle",
    "mail_domain", "is_free_mail",
)  # fmt: skip
# records, nicknames, free mail domains: see `comparable_records`
People = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
SHORTEST_HANDLE = 4
# what is written in several ways and heard as one
SOUNDS = (("ph", "f"), ("ck|c|q", "k"), ("z", "s"), ("v|w", "f"), ("d", "t"), ("y", "i"))
CONSONANTS = "bfgjklmnprstx"


def comparable_records(records: pl.DataFrame, nicknames: pl.DataFrame, free_mail_domains: pl.DataFrame) -> pl.DataFrame:
    """What matching compares.

    Args:
        records: one row per record: `record_key`, the columns of `GIVEN`, and `is_impersonal_email` (a role's
            mailbox, or one that several people share: only its domain counts). Addresses are lower case, birth dates
            ISO.
        nicknames: `nickname`, `first_name`: what a short form stands for.
        free_mail_domains: `domain`, whose mailboxes belong to anybody.

    Returns:
        one row per record, ordered by record_key: `record_key` and the columns of `COMPARED`. Names are in Latin
        letters; `first_name_local` is the name and the country, `name_pair` the two names in
        alphabetical order, `name_sound` the same of how they sound, `handle` a
        mailbox that has nothing to do with the record's names, `is_name_mailbox` one that is made of them.
    """
    spelled = records.select("record_key", *GIVEN, "is_impersonal_email").with_columns(
        *[_latin(records[column], "[^a-z]+", "") for column in ("first_name", "last_name")],
        *[_latin(records[column], "[^a-z0-9]+", " ") for column in ("company", "city", "title")],
        _latin(records["postal_code"], "[^a-z0-9]+", ""),
        mail_domain=pl.col("email").str.extract("@(.+)$"),
        email=pl.when(~pl.col("is_impersonal_email")).then("email"),
    )
    roots = nicknames.select(first_name="nickname", first_name_root="first_name").unique("first_name", keep="first")
    named = spelled.join(roots, on="first_name", how="left").with_columns(
        first_name_root=pl.coalesce("first_name_root", "first_name")
    )
    sounds = _sounds(pl.concat([named["first_name_root"], named["last_name"].alias("first_name_root")]))
    return (
        named.join(sounds.select(first_name_root="name", first_name_sound="sound"), on="first_name_root", how="left")
        .join(sounds.select(last_name="name", last_name_sound="sound"), on="last_name", how="left")
        .with_columns(
            is_free_mail=pl.col("mail_domain").is_in(free_mail_domains["domain"].implode()),
            mailbox=pl.col("email").str.extract("^([^@+]+)").str.replace_all("[._-]", "").replace("", None),
        )
        .with_columns(
            mailbox_letters=pl.col("mailbox").str.replace_all("[0-9]", ""),
            mailbox_digits=pl.col("mailbox").str.replace_all("[^0-9]", ""),
            name_pair=_pair("first_name_root", "last_name"),
        )
        .with_columns(_folded(column) for column in ("first_name", "last_name", "mailbox", "mailbox_letters"))
        .with_columns(
            *[_local(column).alias(f"{column}_local") for column in ("first_name", "last_name", "city")],
            name_sound=_pair("first_name_sound", "last_name_sound"),
            is_name_mailbox=_is_name_mailbox(),
            handle=_handle(),
        )
        .select("record_key", *COMPARED)
        .sort("record_key")
    )


def _latin(values: pl.Series, left_out: str, put_instead: str) -> pl.Expr:
    """Latin letters, lower case, without what is left out; null if nothing remains."""
    foreign = values.filter(values.str.contains(r"[^\x00-\x7f]")).unique()
    written = pl.Series([anyascii(text) for text in foreign], dtype=pl.String)
    letters = pl.col(values.name).replace(foreign, written).str.to_lowercase().str.replace_all(left_out, put_instead)
    return letters.str.strip_chars().replace("", None).alias(values.name)


def _local(column: str) -> pl.Expr:
    """The value and the country it is found in, `ES|garcia`: how common it is depends on where."""
    return pl.col("country").fill_null("") + "|" + pl.col(column)


def _pair(left: str, right: str) -> pl.Expr:
    """Both, in alphabetical order; null without one of them."""
    names = pl.concat_list(pl.min_horizontal(left, right), pl.max_horizontal(left, right)).list.join(" ")
    return pl.when(pl.col(left).is_not_null() & pl.col(right).is_not_null()).then(names)


def _sounds(names: pl.Series) -> pl.DataFrame:
    """One row per distinct name: `name`, and how it `sound`s: its first letter and the consonants that follow.

    What sounds alike is written alike, and each run of a consonant once.
    """
    distinct = names.drop_nulls().unique()
    letters = distinct
    for written, heard in SOUNDS:
        letters = letters.str.replace_all(written, heard)
    sound = letters.str.slice(0, 1) + letters.str.slice(1).str.replace_all("[aeiouh]", "")
    for consonant in CONSONANTS:
        sound = sound.str.replace_all(f"{consonant}{{2,}}", consonant)
    return pl.DataFrame({"name": distinct, "sound": sound})


def _is_name_mailbox() -> pl.Expr:
    """The mailbox is made of the record's own names (anna.adler, aadler7), as everybody's of that name is."""
    first, last = (pl.col(f"{column}_folded").fill_null("") for column in ("first_name", "last_name"))
    made = [
        name
        for one, two in ((first, last), (last, first))
        for name in (one, one + two, one.str.slice(0, 1) + two, one + two.str.slice(0, 1))
    ]
    return pl.any_horizontal([pl.col("mailbox_letters_folded") == name for name in made])


def _handle() -> pl.Expr:
    """A mailbox in which none of the record's names begins."""
    mailbox = pl.col("mailbox_folded")
    starts = [pl.col(f"{column}_folded").str.slice(0, 3) for column in ("first_name", "last_name")]
    holds_name = pl.any_horizontal([mailbox.str.contains(start, literal=True).fill_null(False) for start in starts])
    return pl.when(~holds_name & (mailbox.str.len_chars() >= SHORTEST_HANDLE)).then("mailbox")


def _folded(column: str) -> pl.Expr:
    """Müller writes as mueller@."""
    return pl.col(column).str.replace_all("([aou])e", "$1").name.suffix("_folded")
