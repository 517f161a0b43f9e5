"""What a person may ask of every study."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Seeds or splits to take the median of, rows of drawn data, and which peers run beside (see `learners`)."""

    seeds: int = 5
    rows: int = 200_000
    peers: str = "quick"
