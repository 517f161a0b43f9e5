"""One form for the many ways in which a company's name is written.

Legal forms, abbreviations, accents, word order, scripts and notes in brackets are brought together. Which words are
legal forms, abbreviations or say little is data: two tables that the caller passes in.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl
from anyascii import anyascii

SCHEMA = {
    "name": pl.String, "company_key": pl.String, "spelling_key": pl.String, "words_key": pl.String,
    "core_key": pl.String, "legal_region": pl.String,
}  # fmt: skip
# from here on scripts have no upper case and mostly no blanks between words
FIRST_UNCASED = "\u0590"
SHORTEST_MISSPELLED = 5
NOTES = re.compile(
    r"\b(?:f/?k/?a|d/?b/?a|t/a|formerly|trading as|ehemals|ehem|vormals|früher|anciennement|antes)\b.*"
    r"|\(\s*(?:duplicate|dup|dupe|old|inactive|do not use|closed|test)\s*\)|\b(?:do not use|duplicate)\b"
)
WEB_ENDING = re.compile(r"(?<=\w)\.(?:com|net|org|io|co|biz)\b(?!\.\w)")
APOSTROPHES = re.compile(r"['’‘`´\"“”„«»]")
# letters that one hand writes so and another so: Müller Mueller, Yandeks Yandex, Grosse Große
SPELLINGS = [(re.compile(old), new) for old, new in [
    ("([a-z0-9])\\1", r"\1"), ("ae", "a"), ("oe", "o"), ("ue", "u"), ("ph", "f"), ("ck", "k"), ("kh", "h"), ("c", "k"),
    ("ks", "x"), ("w", "v"), ("y", "i"), ("ii", "i"), ("([a-z0-9])\\1", r"\1"),
]]  # fmt: skip
# romanisation of a script as letters is not how its speakers write it in Latin ones
GREEK = [
    (re.compile(old), new) for old, new in [("ai", "e"), ("[eo]i", "i"), (r"\bmp", "b"), (r"\bnt", "d"), ("gk", "g")]
]
HANGUL = [(re.compile(old), new) for old, new in [("eo", "u"), ("eu", "u")]]


@dataclass(frozen=True)
class CompanyWords:
    """What words of company names mean.

    Attributes:
        forms: legal form as written → (where it stands: any, start or end; region of the world, null if many have it).
        words: word as written → (what it means; kind: generic, name, stop or nothing).
    """

    forms: dict[tuple[str, str], str | None]
    words: dict[str, tuple[str, str]]

    @classmethod
    def from_frames(cls, legal_forms: pl.DataFrame, company_words: pl.DataFrame) -> "CompanyWords":
        """Of the tables `legal_forms` (form, position, region) and `company_words` (word, meaning, kind)."""
        forms = {(form, position): region or None for form, position, region in legal_forms.iter_rows()}
        words = {word: (meaning or "", kind) for word, meaning, kind in company_words.iter_rows()}
        return cls(forms, words)

    @cached_property
    def placed_forms(self) -> dict[str, dict[tuple[str, ...], str | None]]:
        """Position → words of the form → region. A form in one word, in Latin letters, opens a name only if said so."""
        placed: dict[str, dict[tuple[str, ...], str | None]] = {"start": {}, "middle": {}, "end": {}}
        for (form, position), region in sorted(self.forms.items()):
            words = tuple(_tokens(form))
            if not words:
                continue
            places = [position] if position != "any" else ["middle", "end"]
            if position == "any" and (len(words) > 1 or not form.isascii()):
                places.append("start")
            for place in places:
                placed[place].setdefault(words, region)
        return placed

    @cached_property
    def meanings(self) -> dict[str, tuple[str, str]]:
        """Word in Latin letters → its meaning and kind."""
        latin = {"".join(_tokens(word)): value for word, value in self.words.items() if value[1] != "nothing"}
        return {word: value for word, value in latin.items() if word}

    @cached_property
    def slips(self) -> dict[str, str]:
        """A known word of five letters or more with one of them left out → the word; the first one in the alphabet."""
        known = sorted(word for word in self.long_words if len(word) >= SHORTEST_MISSPELLED)
        return {part: word for word in reversed(known) for part in (word, *_one_letter_less(word))}

    @cached_property
    def long_words(self) -> frozenset[str]:
        """Generic words and legal forms in one word."""
        forms = {words[0] for placed in self.placed_forms.values() for words in placed if len(words) == 1}
        return frozenset(forms | {word for word, (_, kind) in self.meanings.items() if kind == "generic"})

    def corrected(self, word: str) -> str:
        """The generic word or legal form that was meant, if one letter is missing, too many, wrong or misplaced."""
        if len(word) < SHORTEST_MISSPELLED or word in self.meanings or word in self.long_words:
            return word
        found = (self.slips.get(part) for part in (word, *_one_letter_less(word)))
        return min((known for known in found if known and _is_slip(word, known)), default=word)

    @cached_property
    def nothing(self) -> frozenset[str]:
        """Names that say nothing."""
        return frozenset(" ".join(_tokens(word)) for word, (_, kind) in self.words.items() if kind == "nothing")

    @cached_property
    def uncased(self) -> tuple[re.Pattern[str], dict[str, str]]:
        """Words of scripts without blanks, longest first, and what stands for each: its meaning; nothing for a form."""
        found = {form: " " for form, _ in self.forms if max(form) >= FIRST_UNCASED}
        found |= {w: f" {m} " for w, (m, kind) in self.words.items() if max(w) >= FIRST_UNCASED and kind != "nothing"}
        found = {_compatible(word): value for word, value in found.items()}
        longest = sorted(found, key=lambda word: (-len(word), word))
        return re.compile("|".join(map(re.escape, longest)) or "(?!)"), found


@dataclass(frozen=True)
class CompanyName:
    """A name in the forms to compare.

    Attributes:
        company_key: its words, without legal forms, abbreviations spelled out.
        spelling_key: the same as one word, with letters that are often exchanged made equal.
        words_key: as `spelling_key`, from the words in alphabetical order.
        core_key: the words that set it apart, as one word; None if all are generic.
        legal_region: where its legal form is from; None if it has none or many regions have it.
    """

    company_key: str
    spelling_key: str
    words_key: str
    core_key: str | None
    legal_region: str | None


def normalise_company_names(names: Iterable[str], words: CompanyWords) -> pl.DataFrame:
    """The forms to compare of each distinct name.

    Args:
        names: company names as found.
        words: what their words mean.

    Returns:
        one row per distinct name, ordered by it: `name` and the attributes of `CompanyName`; null for a name that says
        nothing ("n/a", "self-employed").
    """
    rows = []
    for name in sorted(set(names)):
        found = normalise_company_name(name, words)
        values = (None,) * 5 if found is None else (
            found.company_key, found.spelling_key, found.words_key, found.core_key, found.legal_region
        )  # fmt: skip
        rows.append((name, *values))
    return pl.DataFrame(rows, SCHEMA, orient="row")


def normalise_company_name(name: str, words: CompanyWords) -> CompanyName | None:
    """The forms to compare of one name, or None if it says nothing."""
    text = _compatible(name)
    if max(text, default="") >= FIRST_UNCASED:
        pattern, meanings = words.uncased
        text = pattern.sub(lambda found: meanings[found[0]], text)
    tokens = _tokens(_without_notes(text))
    # what a name begins with sets it apart: Steele isn't steel
    tokens = tokens[:1] + [words.corrected(token) for token in tokens[1:]]
    if " ".join(tokens) in words.nothing:
        return None
    bare, regions = _without_legal_forms(tokens, words)
    said = [words.meanings.get(token, (token, "name")) for token in bare]
    said = [pair for pair in said if pair[1] != "stop"] or [(token, "name") for token in bare]
    key = " ".join(word for word, _ in said)
    if len(key) < 2 or key in words.nothing:
        return None
    spelled = [_spelling(word) for word, _ in said]
    core = "".join(word for word, (_, kind) in zip(spelled, said, strict=True) if kind != "generic")
    regions_named = sorted({region for region in regions if region and region != "group"})
    return CompanyName(
        company_key=key,
        spelling_key="".join(spelled),
        words_key="".join(sorted(spelled)),
        core_key=core or None,
        legal_region=regions_named[0] if len(regions_named) == 1 else None,
    )


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _without_notes(text: str) -> str:
    """Without what is said about the name; a note that is all of it stays."""
    without = WEB_ENDING.sub("", NOTES.sub(" ", text))
    return without if any(letter.isalnum() for letter in without) else text


@lru_cache(maxsize=65_536)
def _latin(word: str) -> str:
    """One word in the letters a to z."""
    if word.isascii():
        return word
    latin = anyascii(word).lower()
    first = max(word)
    if "\u0370" <= first <= "\u03ff" or "\u1f00" <= first <= "\u1fff":
        changes = GREEK
    elif "\uac00" <= first <= "\ud7af":
        changes = HANGUL
    else:
        changes = []
    for old, new in changes:
        latin = old.sub(new, latin)
    return re.sub("[^a-z0-9]", "", latin)


def _tokens(text: str) -> list[str]:
    """Words in Latin letters; letters that stand alone one after another are one word (S. p. A. → spa)."""
    text = APOSTROPHES.sub("", text).replace("&", " and ").replace("+", " and ")
    words = [latin for word in re.findall(r"[^\W_]+", _compatible(text)) if (latin := _latin(word))]
    joined: list[str] = []
    was_single = False
    for word in words:
        is_single = len(word) == 1 and word.isalpha()
        if is_single and was_single:
            joined[-1] += word
        else:
            joined.append(word)
        was_single = is_single
    return joined


def _without_legal_forms(tokens: list[str], words: CompanyWords) -> tuple[list[str], list[str | None]]:
    """The words that remain, at least one, and the regions of the legal forms taken away."""
    placed = words.placed_forms
    rest, regions = list(tokens), []
    taken = True
    while taken:
        taken = False
        for length in range(min(6, len(rest) - 1), 0, -1):
            if tuple(rest[-length:]) in placed["end"]:
                regions.append(placed["end"][tuple(rest[-length:])])
                rest, taken = rest[:-length], True
                break
        if not taken and len(rest) > 1 and rest[-1] == "and":
            rest, taken = rest[:-1], True
    for length in range(min(6, len(rest) - 1), 0, -1):
        if tuple(rest[:length]) in placed["start"]:
            regions.append(placed["start"][tuple(rest[:length])])
            rest = rest[length:]
            break
    at = 1
    while at < len(rest) - 1:
        for length in range(min(6, len(rest) - 1 - at), 0, -1):
            if tuple(rest[at : at + length]) in placed["middle"]:
                regions.append(placed["middle"][tuple(rest[at : at + length])])
                del rest[at : at + length]
                break
        else:
            at += 1
    return rest, regions


def _one_letter_less(word: str) -> list[str]:
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def _is_slip(word: str, known: str) -> bool:
    """One letter missing, too many or wrong, or two neighbours exchanged."""
    if abs(len(word) - len(known)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known)))
    rest, other = word[start:], known[start:]
    is_exchange = rest[:2] == other[:2][::-1] and rest[2:] == other[2:]
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:] or is_exchange


@lru_cache(maxsize=65_536)
def _spelling(word: str) -> str:
    for old, new in SPELLINGS:
        word = old.sub(new, word)
    return word
