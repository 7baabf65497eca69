"""What the recorder wrote, read from its SQLite file after Home Assistant has ended and so has written everything."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

DATABASE = "home-assistant_v2.db"
_QUERY = """
    SELECT meta.entity_id, COUNT(*) FROM states JOIN states_meta AS meta USING (metadata_id)
    WHERE last_updated_ts >= ? AND last_updated_ts < ? GROUP BY meta.entity_id
"""


def written_rows(config_folder: Path, since: float, until: float) -> Counter[str]:
    """Rows of the table of states per entity id, for states of that period (Unix time)."""
    with closing(sqlite3.connect(f"file:{config_folder / DATABASE}?mode=ro", uri=True)) as database:
        return Counter(dict(database.execute(_QUERY, (since, until))))
