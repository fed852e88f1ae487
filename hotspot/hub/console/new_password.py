"""Why a password is not good enough, in the reader's words."""

from hotspot.hub import passwords
from hotspot.hub.console.visits import Visit


def wrong(visit: Visit, password: str, user: str) -> str:
    """What is wrong with a password for that user; ``""``: nothing."""
    if not passwords.fault(password, user):
        return ""
    if not passwords.LEAST <= len(password) <= passwords.MOST:
        return visit.text("The password needs %(least)s to %(most)s characters.", least=passwords.LEAST, most=passwords.MOST)
    if user.casefold() in password.casefold():
        return visit.text("The password must not be made of the user name.")
    return visit.text("The password needs more different characters.")
