"""Styles and scripts: under names that change with their content, so that browsers keep them for good."""

import gzip
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import web
from msgspec import Struct

FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon"}


class Asset(Struct, frozen=True):
    """A file that pages ask for."""

    address: str
    media_type: str
    content: bytes
    packed: bytes
    """gzip."""


class Assets:
    """All of them, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._by_name: dict[str, Asset] = {}
        for file in sorted(folder.rglob("*")):
            if file.suffix in _TYPES:
                content = file.read_bytes()
                name = file.relative_to(folder).as_posix()
                address = f"/static/{sha256(content).hexdigest()[:12]}/{name}"
                self._by_name[name] = Asset(address, _TYPES[file.suffix], content, gzip.compress(content, 9, mtime=0))
        self.by_address: Mapping[str, Asset] = {asset.address: asset for asset in self._by_name.values()}

    def address(self, name: str) -> str:
        """Where a page finds the file ``name``. Raises ``KeyError``."""
        return self._by_name[name].address

    async def answer(self, request: web.Request) -> web.Response:
        """For ``/static/{path}``; an old address of a file that has changed is not found."""
        asset = self.by_address.get(request.path)
        if asset is None:
            raise web.HTTPNotFound(text="not found\n", headers={"Cache-Control": "no-store"})
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Content-Type": asset.media_type, "Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=asset.packed if packed else asset.content, headers=headers)
