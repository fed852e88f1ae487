"""How a gateway is told no: a status and a ``hotspot.wire.Problem``."""

from math import ceil

from aiohttp import web

from hotspot import wire

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Of every answer to a gateway."""


class Refusal(Exception):
    """Raised by whatever looks at a gateway's request; becomes the answer. ``code`` as in ``hotspot.wire.Problem``."""

    def __init__(self, status: int, code: str, message: str, *, wait: float = 0.0, hang_up: bool = False) -> None:
        """``wait``: seconds until it is worth trying again; ``hang_up``: what is left of the request is not read."""
        super().__init__(message)
        self.status, self.code, self.wait, self.hang_up = status, code, wait, hang_up

    @property
    def response(self) -> web.Response:
        """As it is sent."""
        headers = dict(HEADERS)
        if self.wait:
            headers["Retry-After"] = str(ceil(self.wait))
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        body = wire.encode(wire.Problem(self.code, str(self)))
        response = web.Response(body=body, status=self.status, headers=headers, content_type="application/json")
        if self.hang_up:
            response.force_close()
        return response


def not_known() -> Refusal:
    """For a credential that is not good: the same words for all reasons."""
    return Refusal(401, "credential", "Authorization: expected the credential of a gateway; this one is not known, or not any more")


def unavailable() -> Refusal:
    """PostgreSQL does not answer: nothing was taken, or it was and will be known."""
    return Refusal(503, "unavailable", "the hub's database does not answer: come back later", wait=5)


def busy() -> Refusal:
    """Too many strangers at once."""
    return Refusal(503, "unavailable", "the hub is busy: come back later", wait=5, hang_up=True)
