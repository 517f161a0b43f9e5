"""From a condition in words of SQL to SQL that is safe to run.

The text is parsed (sqlglot) and never passed on: what comes out is written anew from the tree, in which only the
nodes, functions and columns listed here may stand, with types that fit. What comes out runs the same on DuckDB and
Spark, can't fail on any row, and is null where what it asks isn't known.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from policy.columns import Column, Kind
from policy.condition_tree import UNDERSTOOD, ConditionError, parse_condition, start_of

MAX_WILDCARDS = 4
NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


@dataclass(frozen=True)
class Part:
    """A part of a condition as SQL, and what it yields."""

    sql: str
    kind: Kind
    column: Column | None = None
    literal: str | None = None


def render_condition(text: str, columns: Mapping[str, Column]) -> str:
    """The SQL of a condition, over the relations that `columns` name.

    Raises:
        ConditionError: it can't be parsed, asks for what isn't offered, or compares what can't be compared.
    """
    tree = parse_condition(text)
    part = _Renderer(columns).render(tree)
    if part.kind != "boolean":
        raise ConditionError(f"is {_a(part.kind)}, not a condition; compare it with something", start_of(tree))
    return part.sql


COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
TEXT_FUNCTIONS: dict[type[exp.Expr], str] = {exp.Lower: "lower", exp.Upper: "upper", exp.Trim: "trim"}
SEARCHES: dict[type[exp.Expr], str] = {exp.Contains: "%{}%", exp.StartsWith: "{}%", exp.EndsWith: "%{}"}
# What sqlglot notes about how something was written, without a meaning of its own here.
HARMLESS: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.Div: ("typed", "safe"),
    exp.Coalesce: ("is_nvl", "is_null"),
    exp.Concat: ("safe", "coalesce"),
}


class _Renderer:
    """Writes SQL from a tree, node by node."""

    def __init__(self, columns: Mapping[str, Column]):
        self.columns = columns
        self.writers: dict[type[exp.Expr], tuple[Callable[[Any], Part], tuple[str, ...]]] = {
            exp.Paren: (lambda node: self.render(node.this), ("this",)),
            exp.And: (lambda node: self._joined(node, "and"), ("this", "expression")),
            exp.Or: (lambda node: self._joined(node, "or"), ("this", "expression")),
            exp.Not: (self._not, ("this",)),
            exp.Column: (self._column, ("this",)),
            exp.Literal: (self._literal, ("this", "is_string")),
            exp.Boolean: (lambda node: Part("true" if node.this else "false", "boolean"), ("this",)),
            exp.Neg: (lambda node: Part(f"(-{self._number(node.this)})", "number"), ("this",)),
            exp.Is: (self._is, ("this", "expression")),
            exp.In: (self._in, ("this", "expressions")),
            exp.Between: (self._between, ("this", "low", "high")),
            exp.Like: (self._like, ("this", "expression", "negate")),
            exp.ILike: (self._like, ("this", "expression", "negate")),
            exp.Abs: (lambda node: Part(f"abs({self._number(node.this)})", "number"), ("this",)),
            exp.Length: (lambda node: Part(f"length({self._text(node.this).sql})", "number"), ("this",)),
            exp.Coalesce: (self._coalesce, ("this", "expressions")),
        }
        self.writers |= dict.fromkeys(COMPARISONS, (self._comparison, ("this", "expression")))
        self.writers |= dict.fromkeys(ARITHMETIC, (self._arithmetic, ("this", "expression")))
        self.writers |= dict.fromkeys(TEXT_FUNCTIONS, (self._text_function, ("this",)))
        self.writers |= dict.fromkeys(SEARCHES, (self._search, ("this", "expression")))

    def render(self, node: exp.Expr) -> Part:
        if isinstance(node, exp.Null):
            raise ConditionError("nothing equals null; write `is null` or `is not null`")
        writer, known = self.writers.get(type(node), (None, ()))
        if writer is None:
            reason = f"has {_called(node)}, which isn't understood; understood are {UNDERSTOOD}"
            raise ConditionError(reason, start_of(node))
        given = {name for name, value in node.args.items() if value not in (None, [], False)}
        if unknown := given - {*known, *HARMLESS.get(type(node), ())}:
            raise ConditionError(f"says more than is understood here ({', '.join(sorted(unknown))})", start_of(node))
        return writer(node)

    def _boolean(self, node: exp.Expr) -> str:
        part = self.render(node)
        if part.kind != "boolean":
            raise ConditionError(f"{_shown(node)} is {_a(part.kind)}; here true or false is needed", start_of(node))
        return part.sql

    def _number(self, node: exp.Expr) -> str:
        """As a double: whole numbers could overflow, and stop the night."""
        part = self.render(node)
        if part.kind != "number":
            raise ConditionError(f"{_shown(node)} is {_a(part.kind)}; here a number is needed", start_of(node))
        return part.sql if part.literal else f"cast({part.sql} as double)"

    def _text(self, node: exp.Expr) -> Part:
        part = self.render(node)
        if part.kind != "text":
            raise ConditionError(f"{_shown(node)} is {_a(part.kind)}; here text is needed", start_of(node))
        return part

    def _joined(self, node: exp.Expr, word: str) -> Part:
        return Part(f"({self._boolean(node.this)} {word} {self._boolean(node.expression)})", "boolean")

    def _not(self, node: exp.Not) -> Part:
        return Part(f"(not {self._boolean(node.this)})", "boolean")

    def _column(self, node: exp.Column) -> Part:
        name = node.this
        if not isinstance(name, exp.Identifier):
            raise ConditionError(f"has {_called(name)}, which isn't understood", start_of(node))
        column = self.columns.get(name.name.lower()) if name.name.isascii() else None
        if name.quoted and column is None:
            raise ConditionError(f"text goes in single quotes: '{name.name}'", start_of(node))
        if column is None:
            close = difflib.get_close_matches(name.name.lower(), self.columns, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "docs/policy.md lists what a condition can ask"
            raise ConditionError(f"no column {name.name!r}; {hint}", start_of(node))
        return Part(f"{column.source}.{column.column}", column.kind, column)

    def _literal(self, node: exp.Literal) -> Part:
        if node.is_string:
            if "\\" in node.this:
                raise ConditionError("has a backslash in text; engines read it differently", start_of(node))
            return Part("'" + node.this.replace("'", "''") + "'", "text", literal=node.this)
        if not NUMBER.fullmatch(node.this):
            raise ConditionError(f"{node.this} isn't a number of at most 15 digits", start_of(node))
        return Part(f"{node.this}e0", "number", literal=node.this)

    def _comparable(self, first: exp.Expr, second: exp.Expr) -> tuple[Part, Part]:
        parts = self.render(first), self.render(second)
        if parts[0].kind != parts[1].kind:
            told = f"{_shown(first)} is {_a(parts[0].kind)} and {_shown(second)} {_a(parts[1].kind)}"
            raise ConditionError(f"{told}; they can't be compared", start_of(second) or start_of(first))
        for of, by, node in ((*parts, second), (parts[1], parts[0], first)):
            if of.column and by.literal is not None:
                _check_choice(of.column, by.literal, start_of(node))
        return parts

    def _comparison(self, node: exp.Expr) -> Part:
        first, second = self._comparable(node.this, node.expression)
        sign = COMPARISONS[type(node)]
        if first.kind == "boolean" and sign not in ("=", "<>"):
            raise ConditionError(f"true and false can't be compared by {sign}", start_of(node))
        return Part(f"({first.sql} {sign} {second.sql})", "boolean")

    def _arithmetic(self, node: exp.Expr) -> Part:
        first, second = self._number(node.this), self._number(node.expression)
        if isinstance(node, exp.Div):
            second = f"nullif({second}, 0e0)"
        return Part(f"({first} {ARITHMETIC[type(node)]} {second})", "number")

    def _is(self, node: exp.Is) -> Part:
        if isinstance(node.expression, exp.Null):
            return Part(f"({self.render(node.this).sql} is null)", "boolean")
        if isinstance(node.expression, exp.Boolean):
            word = "" if node.expression.this else "not "
            return Part(f"coalesce({word}{self._boolean(node.this)}, false)", "boolean")
        raise ConditionError(
            "after `is` comes null, not null, true or false", start_of(node.expression) or start_of(node)
        )

    def _in(self, node: exp.In) -> Part:
        if not node.expressions:
            raise ConditionError("after `in` comes a list in parentheses", start_of(node))
        written = []
        for each in node.expressions:
            bare = each.this if isinstance(each, exp.Neg) else each
            if not isinstance(bare, exp.Literal):
                place = start_of(each) or start_of(node)
                raise ConditionError("in a list after `in` only text and numbers may stand", place)
            written.append(self._comparable(node.this, each)[1].sql)
        return Part(f"({self.render(node.this).sql} in ({', '.join(written)}))", "boolean")

    def _between(self, node: exp.Between) -> Part:
        value, low = self._comparable(node.this, node.args["low"])
        _, high = self._comparable(node.this, node.args["high"])
        if value.kind == "boolean":
            raise ConditionError("true and false can't be compared by between", start_of(node))
        return Part(f"({value.sql} between {low.sql} and {high.sql})", "boolean")

    def _like(self, node: exp.Like | exp.ILike) -> Part:
        value, pattern = self._text(node.this), self._text(node.expression)
        if pattern.literal is None:
            raise ConditionError("after `like` comes text in quotes", start_of(node.expression))
        if pattern.literal.count("%") > MAX_WILDCARDS:
            reason = f"has more than {MAX_WILDCARDS} % signs in a pattern; use several conditions"
            raise ConditionError(reason, start_of(node.expression))
        texts = [value.sql, pattern.sql]
        if isinstance(node, exp.ILike):
            texts = [f"lower({sql})" for sql in texts]
        return Part(f"({texts[0]} {'not ' if node.args.get('negate') else ''}like {texts[1]})", "boolean")

    def _search(self, node: exp.Expr) -> Part:
        value, sought = self._text(node.this), self._text(node.expression)
        if sought.literal is None or set(sought.literal) & {"%", "_"}:
            raise ConditionError("what is sought must be text in quotes, without % and _", start_of(node.expression))
        pattern = SEARCHES[type(node)].format(sought.sql[1:-1])
        return Part(f"({value.sql} like '{pattern}')", "boolean")

    def _text_function(self, node: exp.Expr) -> Part:
        return Part(f"{TEXT_FUNCTIONS[type(node)]}({self._text(node.this).sql})", "text")

    def _coalesce(self, node: exp.Coalesce) -> Part:
        first = self.render(node.this)
        others = [self._comparable(node.this, each)[1].sql for each in node.expressions]
        return Part(f"coalesce({', '.join([first.sql, *others])})", first.kind)


def _check_choice(column: Column, value: str, character: int | None) -> None:
    """A value that a column never has is a slip."""
    if column.choices and value not in column.choices:
        close = difflib.get_close_matches(value, column.choices, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(column.choices)}"
        raise ConditionError(f"{column.name} is never {value!r}; {hint}", character)
    if column.name == "country_code" and value != "unknown" and not re.fullmatch("[A-Z]{2}", value):
        raise ConditionError(f"country_code is never {value!r}; it is two capital letters, as 'DE'", character)


def _called(node: object) -> str:
    if isinstance(node, exp.Anonymous):
        return f"the function {node.name!r}"
    if isinstance(node, exp.Func):
        return f"the function {node.sql_name().lower()!r}"
    return f"{type(node).__name__.lower()!r}"


def _shown(node: exp.Expr) -> str:
    shown = node.sql()
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _a(kind: Kind) -> str:
    return {"number": "a number", "text": "text", "boolean": "true or false"}[kind]
