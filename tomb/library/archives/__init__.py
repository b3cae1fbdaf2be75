"""Everything as one file, out and in again; and single playlists likewise. See docs/backup.md."""
