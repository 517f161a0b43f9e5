"""The people of the simulated market: who they are. One row per true person."""

import numpy as np
import polars as pl

from sandbox import effects, mess, names, titles
from sandbox.lookalikes import add_lookalikes
from sandbox.places import COUNTRIES, FREE_MAIL
from sandbox.seasons import SECONDS
from sandbox.seeds import Ints, hexadecimal, scramble

HISTORY_DAYS = 180


def make_people(
    rng: np.random.Generator,
    person_ids: Ints,
    *,
    phone_numbers: Ints,
    account: Ints,
    accounts: pl.DataFrame,
    created_at: Ints,
) -> pl.DataFrame:
    """New people.

    Args:
        rng: source of randomness.
        person_ids: [n] unique in the market.
        phone_numbers: [n] dense and unique in the market.
        account: [n] row of each person's account in `accounts`.
        accounts: the accounts of the block.
        created_at: [n] epoch seconds, when the first system came to know the person.

    Returns:
        One row per person.
    """
    frame = _who(rng, person_ids, account, accounts, created_at)
    # Of its own, so that what is drawn here doesn't change the rest of the market.
    frame = add_lookalikes(rng.spawn(1)[0], frame)
    frame = _addresses(rng, frame, phone_numbers)
    frame = _web(rng, frame)
    persona = effects.draw_personas(rng, frame)
    scores = effects.fixed_scores(rng, frame, persona)
    frame = frame.with_columns(pl.Series("persona", effects.PERSONAS).gather(persona))
    frame = frame.with_columns(
        [pl.Series(f"score_{name}", scores[:, number]) for number, name in enumerate(effects.ACTION_IDS)]
    )
    return _rates(frame)


def _who(
    rng: np.random.Generator, person_ids: Ints, account: Ints, accounts: pl.DataFrame, created_at: Ints
) -> pl.DataFrame:
    size = len(person_ids)
    company = accounts[account]
    level = rng.choice(len(titles.LEVELS), size, p=titles.LEVEL_SHARES)
    function = rng.choice(len(titles.FUNCTIONS), size, p=titles.FUNCTION_SHARES)
    languages = [COUNTRIES[code].language for code in company["country"].to_list()]
    picks = rng.random((4, size))
    rows = zip(languages, level.tolist(), function.tolist(), *picks.tolist(), strict=True)
    chosen = [_name_and_title(*row) for row in rows]
    is_customer = company["customer_since"].to_numpy() * SECONDS < created_at + 400 * SECONDS
    return pl.DataFrame(
        {
            "person_id": person_ids,
            "account": account,
            "first_name": [row[0] for row in chosen],
            "last_name": [row[1] for row in chosen],
            "title": [row[2] for row in chosen],
            "level": pl.Series(titles.LEVELS).gather(level),
            "function": pl.Series(titles.FUNCTIONS).gather(function),
            "interest": (company["interest"].to_numpy() * 0.7 + rng.normal(0, 0.75, size)).astype(np.float32),
            "is_product_user": rng.random(size) < np.where(is_customer, 0.45, 0.08),
            "created_at": created_at,
            "is_dead_mailbox": rng.random(size) < 0.02,
        }
    ).with_columns(company["country", "city", "industry", "employees", "domain", "switchboard", "owner"])


def _name_and_title(language: str, level: int, function: int, *pick: float) -> tuple[str, str, str]:
    first, last = _FIRST[language], _LAST[language]
    spoken = language if pick[3] < 0.6 else "en"
    choices = titles.titles(spoken, titles.FUNCTIONS[function], titles.LEVELS[level])
    return (
        first[int(pick[0] * len(first))],
        last[int(pick[1] * len(last))].replace("-", " ") if language != "en" else last[int(pick[1] * len(last))],
        choices[int(pick[2] * len(choices))],
    )


_FIRST = {language: text.split() for language, text in names.FIRST_NAMES.items()}
_LAST = {language: text.split() for language, text in names.LAST_NAMES.items()}


def _addresses(rng: np.random.Generator, frame: pl.DataFrame, phone_numbers: Ints) -> pl.DataFrame:
    """E-mail addresses, unique in the market, and telephone numbers."""
    size = len(frame)
    free_domain = pl.Series(FREE_MAIL).gather(rng.integers(0, len(FREE_MAIL), size))
    form = rng.random(size)
    rows = zip(frame["first_name"].to_list(), frame["last_name"].to_list(), form.tolist(), strict=True)
    frame = frame.with_columns(local=pl.Series([_local_part(*row) for row in rows]), free_domain=free_domain)
    number = (pl.col("person_id") % 99_991).cast(pl.String)
    frame = frame.with_columns(
        work_email=pl.when(pl.int_range(pl.len()).over("local", "domain") > 0)
        .then(pl.format("{}{}@{}", "local", number, "domain"))
        .otherwise(pl.format("{}@{}", "local", "domain")),
        free_email=pl.format(
            "{}{}@{}", pl.col("local").str.replace_all("[-']", ""), pl.col("person_id"), "free_domain"
        ),
    )
    phones = mess.phone_numbers(phone_numbers, frame["country"].to_numpy(), is_mobile=True)
    is_free = pl.Series(rng.random(size) < 0.06)
    return frame.with_columns(
        email=pl.when(is_free).then("free_email").otherwise("work_email"),
        second_email=pl.when(pl.Series(rng.random(size) < 0.12) & ~is_free).then("free_email"),
        mobile=pl.when(pl.Series(rng.random(size) < 0.55)).then(phones),
    ).drop("local", "free_domain", "work_email", "free_email")


def _local_part(first: str, last: str, form: float) -> str:
    first, last = mess.ascii_text(first).lower(), mess.ascii_text(last).lower().replace(" ", "").replace("'", "")
    return f"{first}.{last}" if form < 0.7 else f"{first[0]}{last}" if form < 0.9 else f"{first}-{last}"


def _web(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """What the web sees: devices, a user once they log in; some colleagues share a device."""
    size = len(frame)
    person_ids = frame["person_id"].to_numpy()
    first, second = hexadecimal(person_ids, 1), hexadecimal(person_ids, 2)
    shares = (rng.random(size) < 0.02) & (frame["account"] == frame["account"].shift(1)).fill_null(False).to_numpy()
    first = [first[row - 1] if shared else first[row] for row, shared in enumerate(shares.tolist())]
    is_user = frame["is_product_user"].to_numpy() | (rng.random(size) < 0.25)
    login_at = frame["created_at"].to_numpy() + (rng.exponential(25, size) * SECONDS).astype(np.int64)
    user_ids = pl.Series(scramble(person_ids, 5)).cast(pl.String)
    shares_device = pl.Series(shares)
    return frame.with_columns(
        shares_device=shares_device | shares_device.shift(-1).fill_null(False),
        anonymous_id=pl.Series(first),
        second_anonymous_id=pl.when(pl.Series(rng.random(size) < 0.3)).then(pl.Series(second)),
        user_id=pl.when(pl.Series(is_user)).then(pl.concat_str(pl.lit("usr_"), user_ids)),
        login_at=pl.Series(login_at),
    )


def _rates(frame: pl.DataFrame) -> pl.DataFrame:
    """How often people act of their own accord: events per day; chances of what follows."""
    interest = pl.col("interest").clip(-2.5, 2.5)
    is_sure = (pl.col("persona") == "sure_thing").cast(pl.Float64)
    is_lost = (pl.col("persona") == "lost_cause").cast(pl.Float64)
    heads = pl.col("level").is_in(["c_level", "vp", "director"]).cast(pl.Float64)
    liveliness = (0.7 * is_sure - 1.0 * is_lost).exp()
    return frame.with_columns(
        visit_rate=0.0105 * (0.7 * interest).exp() * pl.when(pl.col("person_id") % 5 == 0).then(0.1).otherwise(1.2),
        track_rate=pl.when("is_product_user").then(0.075 * (0.4 * interest).exp()).otherwise(0.0),
        reply_rate=0.0017 * (0.6 * interest).exp() * liveliness,
        meeting_rate=0.00048 * (0.6 * interest + 0.4 * heads).exp() * liveliness,
        opportunity_chance=(0.075 * (0.4 * interest + 0.4 * heads).exp()).clip(0, 0.5),
        win_chance=(0.19 * (0.35 * interest).exp()).clip(0, 0.7),
    )
