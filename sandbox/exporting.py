"""From a scene to rows of every object."""

from collections.abc import Iterator

import polars as pl

from sandbox.billing import billing_rows
from sandbox.consent_records import consent_records
from sandbox.crm_activity import sales_rows
from sandbox.crm_records import crm_rows
from sandbox.hubspot_records import hubspot_rows
from sandbox.marketing_activity import marketing_rows
from sandbox.scene import Scene
from sandbox.web_activity import web_rows
from sandbox.writing import ExportWriter


def export_scene(scene: Scene, writer: ExportWriter) -> None:
    """Write all rows of a scene."""
    for rows in (crm_rows, hubspot_rows, consent_records, billing_rows, sales_rows, marketing_rows, web_rows):
        for name, frame in _each(rows(scene)):
            writer.add(name, frame)


def _each(rows: Iterator[tuple[str, pl.DataFrame]]) -> Iterator[tuple[str, pl.DataFrame]]:
    return ((name, frame) for name, frame in rows if len(frame))
