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

    seconds = 5.0
    """For ``Retry-After``, where there is one."""

    @property
    def problem(self) -> Problem:
        """As it is sent."""
        return Problem(self.status, self.title, str(self), self.code)


class BadRequest(Fault):
    """Something in the request is wrong."""


class Unauthorized(Fault):
    """Nobody is known by this token."""

    status, title, code = 401, "Unauthorized", "unauthorized"


class CodeWanted(Unauthorized):
    """The password is right, and a code is wanted too."""

    code = "code_wanted"


class Forbidden(Fault):
    """The token may not do that."""

    status, title, code = 403, "Forbidden", "forbidden"


class NotFound(Fault):
    """There is no such thing, or it is none of this user's business."""

    status, title, code = 404, "Not found", "not_found"


class NotAllowed(Fault):
    """The path has no such method."""

    status, title, code = 405, "Method not allowed", "method"


class TooSlow(Fault):
    """The body did not arrive in time."""

    status, title, code = 408, "Too slow", "too_slow"


class Conflict(Fault):
    """It cannot be done as things are now."""

    status, title, code = 409, "Conflict", "conflict"


class TooLarge(Fault):
    """The body is too large."""

    status, title, code = 413, "Too large", "too_large"


class Unsupported(Fault):
    """The body is of another media type than expected."""

    status, title, code = 415, "Unsupported media type", "media_type"


class Unprocessable(Fault):
    """The request can be read, but what it asks for is not valid (a policy that no gateway could apply)."""

    status, title, code = 422, "Not valid", "not_valid"


class TooMany(Fault):
    """Too many requests of this kind. ``seconds``: after which it is worth trying again."""

    status, title, code = 429, "Too many requests", "too_many"

    def __init__(self, message: str, seconds: float = 5.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class Unavailable(Fault):
    """PostgreSQL does not answer."""

    status, title, code = 503, "Unavailable", "unavailable"
