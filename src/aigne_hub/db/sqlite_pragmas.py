"""How every SQLite connection of the hub is set up."""

BUSY_TIMEOUT_MS = 5000

# NORMAL in WAL mode survives a killed process; a power cut may lose the last moments, never the file.
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "journal_size_limit = 67108864",
    "temp_store = MEMORY",
    "cache_size = -4096",
)
