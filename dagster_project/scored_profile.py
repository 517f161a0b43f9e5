"""How tonight's contacts are spread, kept with a model and held against later nights."""

from collections.abc import Mapping

from dagster_project.scored_contacts import ScoredContacts
from models.drift import LEFT_ALONE, PROFILE_FILE, Profile, fit_profile, psi
from models.encoding import FeatureEncoder

MOST_NAMED = 3


def profile_of(bundle: Mapping[str, bytes], contacts: ScoredContacts) -> dict[str, bytes]:
    """The profile of the contacts under the bundle's encoder, as a file of it; none without contacts."""
    if contacts.features.is_empty():
        return {}
    encoder = encoder_of(bundle)
    segments = contacts.segments | {LEFT_ALONE: contacts.is_left_alone}
    profile = fit_profile(encoder, encoder.encode(contacts.features), contacts.units, segments)
    return {PROFILE_FILE: profile.to_json().encode()}


def find_drift(files: Mapping[str, bytes], contacts: ScoredContacts, threshold: float | None) -> str:
    """The features that moved further than the threshold since a version was trained, in words; empty if none did."""
    if threshold is None or PROFILE_FILE not in files or contacts.features.is_empty():
        return ""
    profile = Profile.from_json(files[PROFILE_FILE].decode())
    encoded = encoder_of(files).encode(contacts.features)
    found = psi(profile, encoded, contacts.units, contacts.is_left_alone).values()
    moved = sorted((each for each in found if each.beyond_noise >= threshold), key=lambda each: (-each.psi, each.name))
    named = [
        f"{each.name} (PSI {each.psi:.2f}; {each.label}: {each.share_then:.0%}, now {each.share_now:.0%})"
        for each in moved[:MOST_NAMED]
    ]
    rest = [f"and {len(moved) - MOST_NAMED} more"] if len(moved) > MOST_NAMED else []
    return ", ".join([*named, *rest])


def encoder_of(files: Mapping[str, bytes]) -> FeatureEncoder:
    """The encoder of a bundle, by which its contacts are spread."""
    return FeatureEncoder.from_json(files["encoder.json"].decode())
