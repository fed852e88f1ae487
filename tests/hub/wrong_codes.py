"""Six digits that are certainly wrong: whatever digits somebody thinks of, an app shows them one day."""

from datetime import datetime
from itertools import count

import pyotp

from hotspot.hub.factors import codes

_AROUND = 30
"""Steps before and after: a test takes seconds, this is a quarter of an hour."""


def wrong_code(key: bytes, moment: datetime) -> str:
    """What an app with that key shows neither then nor long before or after."""
    app, step = pyotp.TOTP(codes.text_key(key)), codes.step_of(moment.timestamp())
    shown = {app.generate_otp(other) for other in range(step - _AROUND, step + _AROUND + 1)}
    return next(code for number in count() if (code := f"{number:06}") not in shown)
