"""PostgreSQL's own ``pg_dump`` and ``pg_restore``: the only module of the hub that starts programs (docs/decisions/0027).

The password of a DSN is handed over in the environment, never on the command line, where everybody on the machine could read it.
"""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

WITHOUT: Final = "orders"
"""The table whose rows are in no backup: the only one with device codes of visitors, which are to be gone within the hour."""


class DumpFailed(Exception):
    """The program is not there, or could not do it; the text is its own."""


def program(name: str) -> str:
    """Where ``pg_dump`` or ``pg_restore`` is: the newest version that is installed can deal with all servers up to its own. Raises
    ``DumpFailed``."""
    named = os.environ.get("HOTSPOT_POSTGRES")
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(Path(named) / name) if named else str(installed[-1]) if installed else shutil.which(name)
    if not found:
        raise DumpFailed(f"cannot run {name}: it is not installed (Debian: postgresql-client)")
    return found


def separated(dsn: str) -> tuple[str, dict[str, str]]:
    """A DSN without its password, and the environment that hands the password over."""
    parts = urlsplit(dsn)
    who, at, where = parts.netloc.rpartition("@")
    user, colon, password = who.partition(":")
    if not colon:
        return dsn, {}
    return urlunsplit(parts._replace(netloc=f"{user}{at}{where}")), {"PGPASSWORD": unquote(password)}


async def dump(dsn: str, snapshot: str, file: Path) -> None:
    """The whole database as of an exported snapshot into ``file`` (custom format, compressed). Raises ``DumpFailed``."""
    words = [
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--schema=public",
        f"--exclude-table-data={WITHOUT}",
        f"--snapshot={snapshot}",
        f"--file={file}",
    ]
    await _run("pg_dump", dsn, words)


async def restore(dsn: str, file: Path) -> None:
    """``file`` into a database without tables, whole or not at all. Raises ``DumpFailed``."""
    words = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(file)]
    await _run("pg_restore", dsn, words)


async def _run(name: str, dsn: str, words: list[str]) -> None:
    address, environment = separated(dsn)
    command = [program(name), f"--dbname={address}", "--no-password", *words]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        env={**os.environ, **environment, "LC_ALL": "C.UTF-8", "PGAPPNAME": name},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DumpFailed(f"cannot run {name}: {done.stderr.strip()[-1_000:]}")
