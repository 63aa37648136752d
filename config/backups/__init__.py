"""The whole platform put by, and brought back: its database, the files that its rows name, and its weights.

A folder holds any number of backups. Their files lie once, by content, in `files/`, so the next backup reads only
what is new; each backup is a folder named for its moment, which gets that name only when it is whole:

    FOLDER/files/ab/cd/<sha256>
    FOLDER/read.sqlite3                   which file of which store was read, and what it held
    FOLDER/20260309T021500Z/manifest.json          what it is, with the SHA-256 of all that follows
                            manifest.sha256        the manifest's own
                            database.dump          pg_dump's, of one moment
                            files.jsonl            every file that a row named in that moment
                            vectors.copy           what lay on other servers, where the index is spread

`making` makes one, `checking` reads one through, `restoring` brings one back.
"""


class BackupError(Exception):
    """It cannot be put by, or brought back; the message says why, and nothing half-done stands for whole."""
