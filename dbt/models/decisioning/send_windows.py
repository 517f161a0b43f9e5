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
    contact_zones = dbt.ref("contact_zones")
    night = dbt.source("raw", "night")
    policy_channels = dbt.source("raw", "policy_channels")
    ((day,),) = night.select("run_date").fetchall()
    zone_keys = sorted(key for (key,) in contact_zones.select("zone_key").distinct().fetchall())
    channels = policy_channels.select("channel, quiet_from_hour, quiet_until_hour, send_hour").fetchall()
    rows = []
    for zone_key in zone_keys:
        zones = candidate_zones(zone_key)
        for channel, *hours in channels:
            window = send_window(zones, day, QuietHours(*hours))
            instants = (window.send_at, window.earliest_at, window.latest_at) if window else (None, None, None)
            rows.append((zone_key, channel, *instants, common_zone(zones, day)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").to_arrow()
