"""Whether the database is sound, and what becomes of one that is not. See docs/library.md."""
