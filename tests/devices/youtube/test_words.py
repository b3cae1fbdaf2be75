"""What yt-dlp's complaints mean; the texts are those of the rig, and others that yt-dlp prints by itself."""

from datetime import date, timedelta

import pytest

from tests.rigs.youtube.videos import REFUSALS
from tomb.devices.youtube import Reason
from tomb.devices.youtube.words import SENTENCES, fault, is_broken, is_old, meaning

MADE = date(2026, 10, 26)
VERSION = "2026.10.26"
ID = "[youtube] dQw4w9WgXcQ"

COMPLAINTS = [
    (f"{ID}: Unable to download webpage: HTTP Error 503: Service Unavailable", Reason.NETWORK),
    (f"{ID}: Unable to download API page: HTTP Error 429: Too Many Requests", Reason.RATE_LIMITED),
    (f"{ID}: Unable to download webpage: HTTP Error 404: Not Found", Reason.UNAVAILABLE),
    (f"{ID}: Unable to download webpage: The read operation timed out", Reason.NETWORK),
    (f"{ID}: Unable to download webpage: ('...', OSError('Tunnel connection failed: 502 '))", Reason.NETWORK),
    ("\r[download] Got error: 25149 bytes read, 226346 more expected. Giving up after 3 retries", Reason.NETWORK),
    (f"{ID}: All player responses are invalid. Your IP is likely being blocked by Youtube", Reason.RATE_LIMITED),
    (f"{ID}: Video unavailable. YouTube is requiring a captcha challenge before playback", Reason.RATE_LIMITED),
    ("[youtube:tab] PLx: YouTube said: The playlist does not exist.", Reason.UNAVAILABLE),
    ("unable to write data: [Errno 28] No space left on device", Reason.DISK_FULL),
    ("unable to write data: [Errno 27] File too large", Reason.TOO_LARGE),
    ("Postprocessing: ffprobe and ffmpeg not found. Please install or provide the path", Reason.NO_FFMPEG),
    (f"{ID}: Requested format is not available. Use --list-formats for a list", Reason.UNKNOWN),
    (f"{ID}: Failed to extract any player response; please report this issue", Reason.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("complaint", "reason"), COMPLAINTS)
def test_what_yt_dlp_says_is_understood(complaint: str, reason: Reason) -> None:
    said = f"WARNING: {ID}: Private video\nERROR: {complaint}\n"
    assert meaning(said, VERSION, MADE) is reason


@pytest.mark.parametrize(("reason", "complaint"), REFUSALS.values())
def test_what_youtube_says_is_understood(reason: str, complaint: str) -> None:
    assert meaning(f"ERROR: {ID}: {complaint}", VERSION, MADE) == reason


@pytest.mark.parametrize(
    "complaint", ["Requested format is not available", "Unable to extract x", "HTTP Error 403", "?"]
)
def test_what_an_old_yt_dlp_does_not_understand_is_its_age(complaint: str) -> None:
    old, young = MADE + timedelta(days=91), MADE + timedelta(days=90)
    assert meaning(f"ERROR: {ID}: {complaint}", VERSION, old) is Reason.OUTDATED
    assert meaning(f"ERROR: {ID}: {complaint}", VERSION, young) is Reason.UNKNOWN


def test_what_an_old_one_does_understand_is_not() -> None:
    later = MADE + timedelta(days=1000)
    assert meaning(f"ERROR: {ID}: Private video", VERSION, later) is Reason.PRIVATE
    assert meaning("", VERSION, later) is Reason.UNKNOWN


@pytest.mark.parametrize("version", [None, "", "x", "2026.99.99", "0.0.0"])
def test_a_version_that_is_no_day_has_no_age(version: str | None) -> None:
    assert not is_old(version, MADE + timedelta(days=1000))


def test_every_reason_has_one_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in SENTENCES.values())


def test_until_when_is_told_where_youtube_says_it() -> None:
    assert {fault(reason, 1000.0, "HTTP Error 429").retry_at_s for reason in Reason} == {None}
    assert fault(Reason.UNKNOWN, 1000.0, "for up to an hour").retry_at_s is None
    assert fault(Reason.RATE_LIMITED, 1000.0, "rate-limited by YouTube for up to an hour").retry_at_s == 4600.0


def test_an_installation_that_is_not_whole_is_told_from_a_video_that_is_not_there() -> None:
    trace = "Traceback (most recent call last):\n  File ...\nModuleNotFoundError: No module named 'yt_dlp.utils'\n"
    assert is_broken(trace)
    assert is_broken("/usr/bin/python: No module named yt_dlp\n")
    assert not is_broken(f"ERROR: {ID}: Video unavailable\n")
    assert not is_broken(f"ERROR: {ID}: x\n{trace}")
