"""What an operation answers when it cannot do what was asked (RFC 9457)."""

from msgspec import Struct


class Problem(Struct, frozen=True):
    """The body, ``application/problem+json``."""

    status: int
    title: str
    """Short, the same for every problem of a kind."""
    detail: str
    """What is wrong with this request: key, value and what was expected."""
    code: str
    """For machines: ``bad_request`` | ``unauthorized`` | ``forbidden`` | ``not_found`` | ``conflict`` | ``too_large`` …"""


class Fault(Exception):
    """Raised by operations; becomes a ``Problem``."""

    status = 400
    title = "Bad request"
    code = "bad_request"

    @property
    def problem(self) -> Problem:
        """As it is sent."""
        return Problem(self.status, self.title, str(self), self.code)


class BadRequest(Fault):
    """Something in the request is wrong."""


class Unauthorized(Fault):
    """Nobody is known by this token."""

    status, title, code = 401, "Unauthorized", "unauthorized"


class Forbidden(Fault):
    """The token may not do that."""

    status, title, code = 403, "Forbidden", "forbidden"


class NotFound(Fault):
    """There is no such thing, or it is none of this user's business."""

    status, title, code = 404, "Not found", "not_found"


class Conflict(Fault):
    """It cannot be done as things are now."""

    status, title, code = 409, "Conflict", "conflict"


class TooLarge(Fault):
    """The body is too large."""

    status, title, code = 413, "Too large", "too_large"


class Unprocessable(Fault):
    """The request can be read, but what it asks for is not valid (a policy that no gateway could apply)."""

    status, title, code = 422, "Not valid", "not_valid"


class TooMany(Fault):
    """Too many requests of this kind."""

    status, title, code = 429, "Too many requests", "too_many"


class Unavailable(Fault):
    """PostgreSQL does not answer."""

    status, title, code = 503, "Unavailable", "unavailable"
