"""The words in which decisions are explained: for each feature what is said of its value."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from ruamel.yaml import YAML

from policy.section import Identifier, Section, Text

PACKAGED = Path(__file__).with_name("words.yml")
NOT_TOLD = "; empty: not told."


class FeatureWords(Section):
    """What is said of a feature. Where a phrase is empty, nothing is said."""

    feature: str = Field(
        pattern=r"^[a-z0-9_]*\*?[a-z0-9_]*$",
        min_length=1,
        description="Name of a feature or trait; one `*` stands for anything, as the days in `count_reply_*d`. The "
        "first entry that fits counts.",
    )
    subject: Text = Field(
        description="What it is about, as the report names it; of features with the same subject one is told. `{*}` is "
        "replaced by what `*` stands for."
    )
    some: str = Field(
        default="",
        description="Said of a category, or a number other than 0 and 1; `{value}` is replaced by it" + NOT_TOLD,
    )
    one: str = Field(default="", description="Said when it is 1 or true; empty: as `some`.")
    zero: str = Field(default="", description="Said when it is 0 or false" + NOT_TOLD)
    unknown: str = Field(default="", description="Said when it isn't known, or was never" + NOT_TOLD)
    growing: str = Field(default="", description="Of a ratio to the month before: said above 1" + NOT_TOLD)
    shrinking: str = Field(default="", description="Of a ratio to the month before: said below 1" + NOT_TOLD)
    shown_as: Literal["number", "percent", "dollars", "logarithm"] = Field(
        default="number",
        description="How `{value}` is written; dollars: of cents; logarithm: of 1 + the number that is meant.",
    )
    is_private: bool = Field(default=False, description="Never told in reasons, which go to the CRM.")


class ChannelWords(Section):
    """How a channel is called in a sentence."""

    channel: Identifier = Field(description="Channel of `channels`.")
    noun: Text = Field(description="Such as: an e-mail. Channels without an entry are called by their name.")


class Words(Section):
    """All words of explanations."""

    channels: tuple[ChannelWords, ...] = Field(default=(), description="Names of channels in sentences.")
    features: tuple[FeatureWords, ...] = Field(
        min_length=1, description="Phrases by feature; a feature that no entry fits isn't told."
    )


@cache
def packaged_words() -> Words:
    """The words that come with Nightjar."""
    return Words.model_validate(YAML(typ="safe").load(PACKAGED)["words"], strict=False)
