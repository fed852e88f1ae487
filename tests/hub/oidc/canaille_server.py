"""Canaille, an OpenID provider of others, as a process of its own: everything in memory, two people, one client.

``python -P -m tests.hub.oidc.canaille_server PORT CALLBACK``; says ``ready`` when it listens. People log in with a password and an app.
"""

import datetime as dt
import os
import sys
import uuid
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from joserfc.jwk import RSAKey

CLIENT, SECRET, PASSWORD = "wlan-hub", "a secret of the hub", "ein langes Kennwort"
APP_KEY, STEP = "a key of all apps", 2**32
"""Of everybody's authenticator app, and how many seconds a code is good for: no test shall wait for the next one, nor see one code end
between its typing and its arrival."""
PEOPLE = {"anna": ("Anna", "Arnold", "wlan-betrieb"), "gast": ("Gerd", "Gast", "buecherei")}
"""Login -> first name, surname, group."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(port: int, callback: str) -> None:
    """Until it is killed."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    from canaille import create_app  # type: ignore[import-untyped]
    from canaille.app import models  # type: ignore[import-untyped]
    from canaille.backends import Backend  # type: ignore[import-untyped]

    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    app = create_app(
        config={
            "TESTING": True,
            "ENV_FILE": None,
            "SECRET_KEY": str(uuid.uuid4()),
            "PREFERRED_URL_SCHEME": "http",
            "SERVER_NAME": f"localhost:{port}",
            "CANAILLE": {
                "DATABASE": "memory",
                "JAVASCRIPT": False,
                "CAPTCHA_ENABLED": False,
                "TOTP_LIFETIME": dt.timedelta(seconds=STEP),
                "AUTHENTICATION_FACTORS": ["password", "otp"],
                "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
                "LOGGING": {"version": 1, "disable_existing_loggers": True},
            },
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
        }
    )
    with app.app_context():
        backend = Backend.instance
        for login, (first, last, group) in PEOPLE.items():
            user = models.User(
                user_name=login, formatted_name=f"{first} {last}", given_name=first, family_name=last, display_name=login,
                emails=[f"{login}@stadt.example"], password=PASSWORD, secret_token=APP_KEY,
                last_otp_login=dt.datetime.now(dt.UTC),
            )  # fmt: skip
            backend.save(user)
            backend.save(models.Group(display_name=group, members=[user]))
        client = models.Client(
            client_id=CLIENT, client_name="WLAN", client_secret=SECRET, client_uri="http://127.0.0.1", redirect_uris=[callback],
            scope=["openid", "profile", "email", "groups"], grant_types=["authorization_code"], response_types=["code"],
            token_endpoint_auth_method="client_secret_basic", client_id_issued_at=dt.datetime.now(dt.UTC),
        )  # fmt: skip
        backend.save(client)
        client.audience = [client]
        backend.save(client)
    server = make_server("localhost", port, app, server_class=_Server, handler_class=_Quiet)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
