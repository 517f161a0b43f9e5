import pytest

from models.time_zones import normalise_time_zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("america_slash_new_york", "America/New_York"),
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("america_slash_port-au-prince", "America/Port-au-Prince"),
        ("utc", "UTC"),
        ("Eastern", None),
        ("Mars/Olympus", None),
    ],
)
def test_names_as_sources_write_them(text: str, zone: str | None) -> None:
    assert normalise_time_zone(text) == zone
