"""Times on the wire: RFC 3339 with an offset, or nothing."""

from __future__ import annotations

from datetime import datetime

import pytest
from assay_client import times
from assay_client.times import UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-02T03:04:05Z", datetime(2030, 1, 2, 3, 4, 5, 0, UTC)),
        ("2030-01-02T03:04:05.5Z", datetime(2030, 1, 2, 3, 4, 5, 500_000, UTC)),
        ("2030-01-02T03:04:05.123456789+00:00", datetime(2030, 1, 2, 3, 4, 5, 123_456, UTC)),
        ("2030-01-02T03:04:05+02:30", datetime(2030, 1, 2, 0, 34, 5, 0, UTC)),
        ("2030-01-02T03:04:05-02:30", datetime(2030, 1, 2, 5, 34, 5, 0, UTC)),
    ],
)
def test_it_reads_a_moment(text: str, moment: datetime) -> None:
    assert times.parse(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        None,
        0,
        "",
        "2030-01-02",
        "2030-01-02 03:04:05Z",
        "2030-01-02T03:04:05",
        "2030-01-02T03:04:05z",
        "2030-01-02T03:04:05Z\n",
        "2030-02-30T03:04:05Z",
        "2030-01-02T24:00:00Z",
        "2030-01-02T03:04:60Z",
        "2030-01-02T03:04:05+99:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "٢٠٣٠-01-02T03:04:05Z",
    ],
)
def test_it_reads_nothing_looser(text: object) -> None:
    assert times.parse(text) is None
