"""What the box remembers: a SQLite database for what is known, files kept by their content for what is heard.

The database is the truth about order and titles, the files about sound. `store` runs units of work, each one hop and
one transaction; the units are the plain functions of `playlists`, `tracks`, `tags`, `memory`, `settings` and
`counters`. They change the database and return models whose `server_seq` is 0: the librarian, their only caller,
numbers and publishes.

    DATA/tomb.db                       the database (schema.py)
    DATA/tomb.lock                     held by the one process that owns the folder
    DATA/backups/                      copies of the database: of edits, before a schema step, before a restore
    DATA/damaged/                      databases that could not be read, as they were found
    DATA/library/files/SHA256.EXT      sound, each content once, whatever it was called
    DATA/library/covers/SHA256.EXT     pictures likewise
    DATA/library/incoming/             half-taken files; emptied at the start
    DATA/library/uploads/              what browsers have sent of files so far
    DATA/library/inbox/                folders that somebody drops here become playlists
"""
