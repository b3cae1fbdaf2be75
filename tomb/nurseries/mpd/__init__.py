"""A subset of MPD's protocol, for its clients and so for Home Assistant. What it gives: docs/mpd.md."""
