"""What hours are learnt from: people, what they did, and the messages they got, as rows and as arrays."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.hour_profiles import CELLS, HOURS

EVERYONE = ""  # the segment of those of whom none is known


@dataclass(frozen=True)
class HourEvidence:
    """What people did and were sent.

    Attributes:
        contacts: one row per contact: contact_id, segment.
        activity: one row per contact and hour of activity: contact_id, cell, half (0 or 1: even and odd weeks).
        messages: one row per message: contact_id, cell, half, preferred_hour (local hour that was preferred; null:
            unknown), weight (by age), is_responded (0 or 1).
    """

    contacts: pl.DataFrame
    activity: pl.DataFrame
    messages: pl.DataFrame


@dataclass(frozen=True)
class EvidenceRows:
    """The evidence as arrays: activity [2, contacts, CELLS]; of messages [messages] each."""

    segments: list[str]
    segment: np.ndarray
    activity: np.ndarray
    contact: np.ndarray
    cell: np.ndarray
    half: np.ndarray
    stratum: np.ndarray
    weight: np.ndarray
    responded: np.ndarray

    @classmethod
    def of(cls, evidence: HourEvidence) -> "EvidenceRows":
        contacts = evidence.contacts.select("contact_id", pl.col("segment").fill_null(EVERYONE)).with_row_index(
            "contact"
        )
        segments = sorted(set(contacts["segment"]) - {EVERYONE})
        code = {name: number for number, name in enumerate([EVERYONE, *segments])}
        activity = np.zeros((2, len(contacts), CELLS))
        done = evidence.activity.join(contacts, on="contact_id").select("half", "contact", "cell").to_numpy()
        np.add.at(activity, tuple(done.astype(np.int64).T), 1.0)
        sent = evidence.messages.join(contacts, on="contact_id", maintain_order="left")
        return cls(
            segments,
            np.array([code[name] for name in contacts["segment"]], dtype=np.int64),
            activity,
            sent["contact"].to_numpy().astype(np.int64),
            sent["cell"].to_numpy().astype(np.int64),
            sent["half"].to_numpy().astype(np.int64),
            sent["preferred_hour"].fill_null(HOURS).to_numpy().astype(np.int64),
            sent["weight"].to_numpy().astype(np.float64),
            sent["is_responded"].to_numpy().astype(np.float64),
        )

    def per_contact(self, values: np.ndarray) -> np.ndarray:
        """Values of messages added up. [contacts, CELLS]."""
        result = np.zeros((len(self.segment), CELLS))
        np.add.at(result, (self.contact, self.cell), values)
        return result

    def per_segment(self, values: np.ndarray) -> np.ndarray:
        """Values of messages added up, everyone first. [1 + segments, CELLS]."""
        result = np.zeros((1 + len(self.segments), CELLS))
        group = self.segment[self.contact]
        np.add.at(result, (group[group > 0], self.cell[group > 0]), values[group > 0])
        np.add.at(result[0], self.cell, values)
        return result

    def halves(self, values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
        """Values of messages added up. [2, groups, CELLS]; a negative group counts nowhere."""
        result = np.zeros((2, count, CELLS))
        kept = groups >= 0
        np.add.at(result, (self.half[kept], groups[kept], self.cell[kept]), values[kept])
        return result

    def of_contacts(self, values: np.ndarray) -> np.ndarray:
        """Values of contacts [contacts, CELLS] added up by segment. [segments, CELLS]."""
        result = np.zeros((1 + len(self.segments), CELLS))
        np.add.at(result, self.segment, values)
        return result[1:]
