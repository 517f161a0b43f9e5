"""What a model reads of a contact: the features of tonight, and the policy's own columns."""

from collections.abc import Mapping

import polars as pl

from models.encoding import FeatureEncoder, Trait
from policy.schema import Policy

# Consent channels of messages that people answer or click.
MESSAGES = ("email", "sms", "push")


def policy_traits(policy: Policy) -> tuple[Trait, ...]:
    """The policy's own columns, as the encoder knows them; but those by which nobody may be treated differently."""
    return tuple(Trait(each.trait, each.type) for each in policy.traits if each.trait not in policy.watch.protected)


def check_features(encoder: FeatureEncoder, features: Mapping[str, str]) -> None:
    """Whether an encoder can read features of these names and types.

    Raises:
        EncodingError: a feature is missing or has another type.
    """
    kinds = {"VARCHAR": pl.String, "BOOLEAN": pl.Boolean}
    encoder.encode(pl.DataFrame(schema={name: kinds.get(kind, pl.Float64) for name, kind in features.items()}))


def message_families(policy: Policy) -> dict[str, str]:
    """By action that sends a message, its channel: nobody responds to a message that wasn't sent, whereas people reply
    and visit whether they see an advertisement or get a call or not.
    """
    channels = {each.channel for each in policy.channels if each.consent_channel in MESSAGES}
    return {action.action_id: action.channel for action in policy.actions if action.channel in channels}
