import polars as pl

from models.timing import QuietHours, candidate_zones, common_zone, send_window

SCHEMA = {
    "zone_key": pl.String,
    "channel": pl.String,
    "send_at": pl.Datetime("us"),
    "earliest_send_at": pl.Datetime("us"),
    "latest_send_at": pl.Datetime("us"),
    "recipient_time_zone": pl.String,
}


def model(dbt, session):
    """One row per zone_key and channel: when a send of the night may leave; nulls when no instant is allowed."""
    dbt.config(materialized="table")
    zone_keys = dbt.ref("contact_zones").df()["zone_key"].drop_duplicates().sort_values()
    day = dbt.source("raw", "night").df()["run_date"].max().date()
    channels = pl.from_arrow(dbt.source("raw", "policy_channels").to_arrow_table())
    rows = []
    for zone_key in zone_keys:
        zones = candidate_zones(zone_key)
        for channel in channels.iter_rows(named=True):
            rule = QuietHours(channel["quiet_from_hour"], channel["quiet_until_hour"], channel["send_hour"])
            window = send_window(zones, day, rule)
            times = (window.send_at, window.earliest_at, window.latest_at) if window else (None, None, None)
            rows.append((zone_key, channel["channel"], *times, common_zone(zones, day)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").to_arrow()
