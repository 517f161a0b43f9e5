"""Which text and picture a message carries: how often each variant of each slot is drawn for whom, and the draw itself.

A variant's share in a context is how often it comes out best over draws from what is known of the effects
(`content_effects.py`), times its weight in policy, raised to a floor: Thompson sampling (Thompson 1933; Agrawal and
Goyal 2013, "Thompson Sampling for Contextual Bandits with Linear Payoffs"), so a new variant gets traffic because
little is known of it. The contact's variant is then drawn by that share, each slot on its own: the logged probability
is exact. It depends on nothing but the context and the night; given these, who got which variant is random, and what is
learnt is unbiased.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.content_effects import (
    ActionMessages,
    ContextEncoder,
    Evidence,
    Posterior,
    by_action,
    likeliest_widths,
    usual_rates,
)
from models.draws import draw_uniforms

NO_CONTEXT = ""

SHARES_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "action_id": pl.String, "slot": pl.String, "content_variant_id": pl.String, "place": pl.Int32,
    "context": pl.String, "probability": pl.Float64,
}  # fmt: skip
EFFECTS_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "action_id": pl.String, "slot": pl.String, "content_variant_id": pl.String, "is_active": pl.Boolean,
    "count_messages": pl.Int64, "count_responses": pl.Int64, "response_rate": pl.Float64, "effect": pl.Float64,
    "effect_standard_error": pl.Float64, "share": pl.Float64,
}  # fmt: skip
CHOICE_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "contact_id": pl.String, "content_variant_id": pl.String, "content": pl.String, "content_probability": pl.Float64,
    "content_probabilities": pl.String,
}  # fmt: skip
TEXTS = ("content", "content_probabilities")


@dataclass(frozen=True)
class ContentRules:
    """What bounds the shares.

    Attributes:
        columns: names of the context's columns.
        floor: least probability of an active variant of a slot; half of an equal share, if that is less.
        least_messages: with fewer of a variant, the responses to it aren't told: they could be one person's.
        night, seed: what the draws belong to.
    """

    columns: tuple[str, ...]
    floor: float
    least_messages: int
    night: date
    seed: int


@dataclass(frozen=True)
class ContentFit:
    """What is known tonight.

    Attributes:
        shares: one row per action, slot, active variant and context (`SHARES_SCHEMA`); the probabilities of a slot in a
            context add up to 1. Context `NO_CONTEXT` is for a contact of whom nothing is known.
        effects: one row per action, slot and variant, also those that left the library (`EFFECTS_SCHEMA`); effect and
            its standard error as a part of the action's usual rate, against the slot's mean variant, over tonight's
            contacts; share is the mean probability tonight, null for what isn't active; count_responses and
            response_rate are null where there are too few messages.
    """

    shares: pl.DataFrame
    effects: pl.DataFrame


def fit_content(rows: pl.DataFrame, library: pl.DataFrame, contexts: pl.DataFrame, rules: ContentRules) -> ContentFit:
    """Learn from messages, and say how often each variant is drawn tonight.

    Args:
        rows: one row per action, content (JSON text, slot → variant) and context: action_id, content, the context's
            columns, count_messages, count_responses, and both weighted by age: weight, weighted_responses.
        library: one row per action, slot and variant: action_id, slot, content_variant_id, weight, is_active, place.
        contexts: one row per context of tonight's contacts: context (its name), the context's columns, count_contacts.
        rules: see there.
    """
    encoder = ContextEncoder.of(contexts, rules.columns)
    library = library.sort("action_id", "place")
    parts = [ActionMessages.of(*group, library, encoder) for group in by_action(rows, library)]
    evidences = [Evidence.of(part, rate) for part, rate in zip(parts, usual_rates(parts), strict=True)]
    widths = likeliest_widths(evidences)
    tonight = _Tonight.of(contexts, encoder, library.filter("is_active"), rules)
    fits = [tonight.fit(part, Posterior(each, widths)) for part, each in zip(parts, evidences, strict=True)]
    return ContentFit(
        pl.concat([pl.DataFrame(schema=SHARES_SCHEMA), *(fit.shares for fit in fits)]),
        pl.concat([pl.DataFrame(schema=EFFECTS_SCHEMA), *(fit.effects for fit in fits)]),
    )


def draw_content(acting: pl.DataFrame, shares: pl.DataFrame, night: date, seed: int) -> pl.DataFrame:
    """The content of each message: one row per contact whose action has any (`CHOICE_SCHEMA`).

    Args:
        acting: one row per contact with an action: contact_id, action_id, context.
        shares: `ContentFit.shares`.
        night, seed: what the draws belong to.

    Returns:
        content and content_probabilities are JSON texts by slot, in the policy's order; content_variant_id is the first
        slot's variant; content_probability the product over the slots, which are drawn independently.
    """
    known = set(shares["context"].unique())
    rows = acting.select(
        "contact_id", "action_id",
        context=pl.when(pl.col("context").is_in(list(known))).then("context").otherwise(pl.lit(NO_CONTEXT)),
    ).join(shares, on=["action_id", "context"], how="inner")  # fmt: skip
    drawn = [_draw_slot(part, slot, night, seed) for (slot,), part in rows.group_by("slot", maintain_order=True)]
    if not drawn:
        return pl.DataFrame(schema=CHOICE_SCHEMA)
    listed = pl.format('"{}": "{}"', "slot", "content_variant_id")
    chances = pl.format('"{}": {}', "slot", "probability")
    return (
        pl.concat(drawn)
        .sort("contact_id", "slot_place")
        .group_by("contact_id", maintain_order=True)
        .agg(
            pl.col("content_variant_id").first(),
            content=listed.str.join(", "),
            content_probability=pl.col("probability").product(),
            content_probabilities=chances.str.join(", "),
        )
        .with_columns(pl.concat_str(pl.lit("{"), name, pl.lit("}")).alias(name) for name in TEXTS)
        .select(pl.col(name).cast(kind) for name, kind in CHOICE_SCHEMA.items())
    )


def _draw_slot(rows: pl.DataFrame, slot: str, night: date, seed: int) -> pl.DataFrame:
    rows = rows.sort("contact_id", "place")
    contacts = rows.select("contact_id").unique(maintain_order=True)
    drawn = draw_uniforms(contacts["contact_id"].to_list(), f"content {slot}", night, seed)
    return (
        rows.join(contacts.with_columns(drawn=pl.Series(drawn)), on="contact_id", maintain_order="left")
        .with_columns(
            end=pl.col("probability").cum_sum().over("contact_id"),
            slot_place=pl.col("place").min().over("contact_id"),
            is_last=pl.col("place") == pl.col("place").max().over("contact_id"),
        )
        .filter((pl.col("drawn") < pl.col("end")) | pl.col("is_last"))  # the ends of rounded shares may miss 1 by a bit
        .group_by("contact_id", maintain_order=True)
        .first()
        .select("contact_id", "slot", "content_variant_id", "probability", "slot_place")
    )


@dataclass(frozen=True)
class _Tonight:
    """The contacts of tonight and the library they get content from; x is [contexts, width]."""

    names: list[str]
    x: np.ndarray
    importance: np.ndarray
    active: pl.DataFrame
    rules: ContentRules

    @classmethod
    def of(
        cls, contexts: pl.DataFrame, encoder: ContextEncoder, active: pl.DataFrame, rules: ContentRules
    ) -> "_Tonight":
        contexts = contexts.filter(pl.col("context") != NO_CONTEXT).sort("context")
        people = np.append(contexts["count_contacts"].to_numpy().astype(np.float64), 0.0)
        people[-1] = 1.0 if people.sum() == 0 else 0.0
        x = np.vstack([encoder.encode(contexts), np.eye(1, encoder.width)])
        return cls([*contexts["context"], NO_CONTEXT], x, people / people.sum(), active, rules)

    def fit(self, part: ActionMessages, known: Posterior) -> ContentFit:
        """Shares and effects of one action."""
        mine = self.active.filter(action_id=part.action_id).to_dicts()
        drawable = {(row["slot"], row["content_variant_id"]): row for row in mine}
        shares, effects = [pl.DataFrame(schema=SHARES_SCHEMA)], []
        for slot in dict.fromkeys(slot for slot, _ in part.keys):
            index = [place for place, key in enumerate(part.keys) if key[0] == slot]
            drawn = [place for place in index if part.keys[place] in drawable]
            rows = [drawable[part.keys[place]] for place in drawn]
            probability = self._probability(part, known, drawn, np.array([row["weight"] for row in rows]))
            shares += [self._share(row, probability[:, column]) for column, row in enumerate(rows)]
            share = dict(zip(drawn, self.importance @ probability, strict=True))
            effects += [
                (
                    part.action_id,
                    *part.keys[place],
                    place in share,
                    *part.counted(place, self.rules.least_messages),
                    *told,
                    share.get(place),
                )
                for place, told in zip(index, known.contrasts(index, self.importance @ self.x), strict=True)
            ]
        return ContentFit(pl.concat(shares), pl.DataFrame(effects, EFFECTS_SCHEMA, orient="row"))

    def _probability(
        self, part: ActionMessages, known: Posterior, places: list[int], weights: np.ndarray
    ) -> np.ndarray:
        """Probability of each variant of a slot in each context. [contexts, variants]."""
        if not places:
            return np.zeros((len(self.x), 0))
        best = np.ones((len(self.x), len(places)))
        if len(part.weight):
            slot = part.keys[places[0]][0]
            ids = [str(number) for number in range(4)]
            drawn = draw_uniforms(ids, f"posterior {part.action_id} {slot}", self.rules.night, self.rules.seed)
            best = known.best_shares(places, self.x, np.random.default_rng((drawn * 2**32).astype(np.int64).tolist()))
        return _with_floor(weights * best, self.rules.floor)

    def _share(self, row: dict[str, object], probability: np.ndarray) -> pl.DataFrame:
        told = {name: row[name] for name in ("action_id", "slot", "content_variant_id", "place")}
        return pl.DataFrame({**told, "context": self.names, "probability": probability}, SHARES_SCHEMA)


def _with_floor(shares: np.ndarray, floor: float) -> np.ndarray:
    """Shares of a slot that add up to 1, none below the floor; to six digits."""
    count = shares.shape[1]
    least = min(floor, 0.5 / count)
    raised = np.round(least + (1 - count * least) * shares / shares.sum(axis=1, keepdims=True), 6)
    raised[:, -1] = np.round(1 - raised[:, :-1].sum(axis=1), 6)
    return raised
