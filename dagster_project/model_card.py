"""The model card of a version, in words for people who decide whether to trust it (Mitchell et al. 2019)."""

from collections.abc import Iterator, Mapping, Sequence

from dagster_project.data_snapshot import DataSnapshot
from dagster_project.learner import Candidate
from models.leaks import LEFT_OUT_FILE, left_out_from_json
from models.segments import SegmentQuality

MOST_FEATURES = 12
MOST_SEGMENTS = 5


def write_card(title: str, candidate: Candidate, snapshot: DataSnapshot, because: str, judgement: str) -> str:
    """The card as Markdown: what the model predicts, from which data, how good, where weak, what was left out and why,
    whom it isn't for.

    Args:
        because: why it was trained; judgement: what the comparison with the champion said.
    """
    story = candidate.story
    parts = [
        (f"# {title}", [story.predicts]),
        ("## Learnt from", [story.learnt_from, *_rows(snapshot), f"Trained because: {because}."]),
        ("## How good", [*story.quality, f"Verdict: {judgement}."]),
        ("## Where it is weak", list(_weak(candidate.segments))),
        ("## What it looks at", list(_features(candidate.importances))),
        ("## For whom more, for whom less", list(story.drivers)),
        ("## Left out", list(_left_out(candidate.bundle))),
        ("## Not for", list(story.not_for)),
    ]
    return "\n\n".join(f"{head}\n\n{_paragraph(lines)}" for head, lines in parts if lines) + "\n"


def left_out(bundle: Mapping[str, bytes]) -> dict[str, str]:
    """Features that a model was not given, with the reason."""
    if LEFT_OUT_FILE not in bundle:
        return {}
    return {each.feature: each.reason for each in left_out_from_json(bundle[LEFT_OUT_FILE].decode())}


def _paragraph(lines: Sequence[str]) -> str:
    return lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)


def _rows(snapshot: DataSnapshot) -> Iterator[str]:
    for name, count in snapshot.count_rows.items():
        if name in snapshot.seen_from:
            yield f"{name}: {count:,} rows of {snapshot.seen_from[name]} to {snapshot.seen_until[name]}."
        else:
            yield f"{name}: no rows yet."


def _weak(segments: Sequence[SegmentQuality]) -> Iterator[str]:
    """Segments whose stated and observed means are furthest apart."""
    if not segments:
        yield "Not known by segment: none that the policy watches has people enough to be reported."
        return
    worst = sorted(
        (each for each in segments if each.is_off),
        key=lambda each: (-abs(each.stated - each.observed), each.attribute, each.level),
    )
    of = f"of {len(segments)} segments; those of few people aren't reported"
    if not worst:
        yield f"In none ({of}) did what came true differ from what was stated by more than chance would explain."
        return
    yield f"Stated and come true differ by more than chance would explain in {len(worst)} {of}:"
    for each in worst[:MOST_SEGMENTS]:
        yield (
            f"{each.attribute} {each.level} ({each.count_people:,} people): stated {each.stated:.4g}, "
            f"came true {each.observed:.4g} ± {each.error:.2g}"
        )


def _features(importances: Mapping[str, float]) -> Iterator[str]:
    ranked = sorted(importances.items(), key=lambda each: (-each[1], each[0]))
    for name, share in ranked[:MOST_FEATURES]:
        yield f"{name}: {share:.0%} of the trees' gain"
    if len(ranked) > MOST_FEATURES:
        yield f"and {len(ranked) - MOST_FEATURES} more; importances.json has all"


def _left_out(bundle: Mapping[str, bytes]) -> Iterator[str]:
    yield "Names, addresses, numbers of persons: no identifier is a feature. Contacts who objected, or were forgotten."
    for feature, reason in sorted(left_out(bundle).items()):
        yield f"{feature}: {reason}"
