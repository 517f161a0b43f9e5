"""A condition as a tree of sqlglot, or what is wrong with its text: too long, too deep, or not one expression."""

import unicodedata

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

MAX_CHARACTERS, MAX_TOKENS, MAX_DEPTH = 2_000, 600, 100
UNDERSTOOD = (
    "and, or, not, = <> < <= > >=, in, between, like, ilike, is null, + - * /, and the functions "
    "abs, coalesce, contains, ends_with, length, lower, starts_with, trim, upper"
)

# Nothing else gets to the parser. A word that is none of SQL's own is a VAR.
WORDS_AND_SIGNS = {
    TokenType.VAR, TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER, TokenType.AND, TokenType.OR,
    TokenType.NOT, TokenType.IN, TokenType.BETWEEN, TokenType.LIKE, TokenType.ILIKE, TokenType.IS, TokenType.NULL,
    TokenType.TRUE, TokenType.FALSE, TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT,
    TokenType.GTE, TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA, TokenType.PLUS, TokenType.DASH,
    TokenType.STAR, TokenType.SLASH, TokenType.DOT,
}  # fmt: skip


class ConditionError(ValueError):
    """A condition that can't be used: what is wrong, and at which character, from 1."""

    def __init__(self, message: str, character: int | None = None):
        self.message, self.character = message, character
        super().__init__(message)


def parse_condition(text: str) -> exp.Expr:
    """The tree of a condition. What stands in it isn't checked yet."""
    if len(text) > MAX_CHARACTERS:
        raise ConditionError(f"has {len(text)} characters; at most {MAX_CHARACTERS} are allowed")
    for place, letter in enumerate(text, 1):
        if unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cn", "Cs") and letter not in "\n\t":
            raise ConditionError("has a character that can't be seen; type it anew", place)
    try:
        tokens = sqlglot.tokenize(text)
    except (SqlglotError, RecursionError) as error:
        raise ConditionError("can't be read; is a quote open?") from error
    if len(tokens) > MAX_TOKENS:
        raise ConditionError(f"has {len(tokens)} words and signs; at most {MAX_TOKENS} are allowed")
    for token in tokens:
        if token.comments:
            raise ConditionError("has a comment; put it after # on a line of its own in the YAML", token.end + 2)
        if token.token_type not in WORDS_AND_SIGNS:
            reason = f"has {token.text!r}, which isn't understood; understood are {UNDERSTOOD}"
            raise ConditionError(reason, token.start + 1)
    try:
        tree = sqlglot.parse_one(text, into=exp.Condition, error_message_context=MAX_CHARACTERS)
    except SqlglotError as error:
        found = getattr(error, "errors", None)
        at = len(found[0].get("start_context", "")) + 1 if found else None
        raise ConditionError(f"can't be understood; understood are {UNDERSTOOD}", at) from error
    except RecursionError as error:
        raise ConditionError("is nested too deeply") from error
    if _is_deep(tree):
        raise ConditionError(f"is nested more than {MAX_DEPTH} deep; use `in (...)` for many values")
    return tree


def _is_deep(tree: exp.Expr) -> bool:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_expressions()]
        if not level:
            return False
    return True


def start_of(node: exp.Expr) -> int | None:
    """The first character of what a node was parsed from."""
    starts = [each.meta["start"] + 1 for each in node.walk() if "start" in each.meta]
    return min(starts, default=None)
