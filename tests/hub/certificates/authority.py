"""An ACME authority on loopback, written from RFC 8555 and as strict as it allows: every request must be signed with a fresh nonce for
this very address, reads are POST-as-GET, names are looked at in DNS before anything is signed, states go one way (7.1.6), nothing is done
twice. Signatures are checked with ``cryptography`` alone, so that they are not judged by the library that made them. Renewals: RFC 9773.
"""

import asyncio
import base64
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dns.asyncquery
import dns.message
import dns.rdatatype
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.hub.certificates.authority_desk import Desk
from tests.hub.certificates.authority_papers import (
    PROBLEM,
    Refusal,
    issuer,
    nothing,
    plain,
    renewal_id,
    request_of_another,
    serving_tls,
    soon,
    thumbprint_of,
)  # fmt: skip

EAB_KID, EAB_KEY = "stadt-7", b"an-eab-key-of-thirty-two-bytes!!"


class Authority(Desk):
    """Async context manager; tests turn its knobs."""

    def __init__(self, folder: Path, dns_port: int) -> None:
        super().__init__()
        self.trust, self._tls = serving_tls(folder)
        self._dns_port = dns_port
        self.days = 90.0
        """For which it signs."""
        self.limited_names: set[str] = set()
        """Of which there are enough certificates: no orders for an hour."""
        self.refuses_revocation = False
        self.blind = False
        """Sees no record, whatever is in DNS."""
        self.confused = 0
        """So many of the next certificates are for a key of somebody else's."""
        self.window: tuple[datetime, datetime] | None = None
        """When everything should be renewed; None: nobody is told."""
        self.replaced: list[str] = []
        self.terms = ""
        """New terms of service that somebody has to read; "": none."""
        self.valid: dict[tuple[str, str], str] = {}
        """Account and name -> an authorization that is good for further orders."""
        self.needs_eab = False
        self.pause = asyncio.Event()
        """While it is not set, challenges are being looked at."""
        self.pause.set()
        self.asked_to_look = asyncio.Event()
        self.revoked: set[int] = set()
        self.issued: dict[int, tuple[str, str]] = {}
        """Serial number -> account, and the name of the certificate for renewals."""
        self.orders: dict[str, dict[str, Any]] = {}
        self.looked_for: list[str] = []
        self._names: dict[str, dict[str, Any]] = {}
        self._chains: dict[str, str] = {}
        self._root_key, self._middle_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self._root = issuer("Root", self._root_key, "Root", self._root_key)
        self._middle = issuer("Middle", self._middle_key, "Root", self._root_key)
        self._looks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    @property
    def directory(self) -> str:
        """Its address."""
        return f"https://localhost:{self.port}/directory"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._each])
        app.add_routes(
            [
                web.get("/directory", self._directory),
                web.head("/nonce", nothing),
                web.post("/new-account", self._new_account),
                web.post("/new-order", self._new_order),
                web.post("/order/{id}", self._order),
                web.post("/authorization/{id}", self._authorization),
                web.post("/challenge/{id}", self._challenge),
                web.post("/finalize/{id}", self._finalize),
                web.post("/certificate/{id}", self._certificate),
                web.post("/revoke", self._revoke),
                web.get("/renewal/{id}", self._renewal),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for look in self._looks:
            look.cancel()
        assert self._runner is not None
        await self._runner.cleanup()

    # What there is ------------------------------------------------------------------------------------------------------------------

    async def _directory(self, _: web.Request) -> web.Response:
        found = {"newNonce": "/nonce", "newAccount": "/new-account", "newOrder": "/new-order", "revokeCert": "/revoke"}
        if self.window is not None:
            found["renewalInfo"] = "/renewal"
        meta: dict[str, Any] = {
            "website": "https://ca.example",
            "termsOfService": self.terms or "https://ca.example/1",
            "profiles": {"default": "x"},
        }
        meta |= {"caaIdentities": ["ca.example"], "externalAccountRequired": self.needs_eab}
        more = {
            "keyChange": self._at("/key-change"),
            secrets.token_hex(8): "https://community.ca.example/t/33417",
        }  # as Let's Encrypt has it
        return web.json_response({name: self._at(path) for name, path in found.items()} | {"meta": meta} | more)

    async def _new_account(self, request: web.Request) -> web.Response:
        payload, thumbprint = await self._signed(request, "jwk")
        if self.terms:
            raise Refusal(403, "userActionRequired", "the terms of service have changed", instance=self.terms)
        known = next((url for url, one in self._thumbprints.items() if one == thumbprint), None)
        if known is not None:
            return web.json_response({"status": "valid"}, headers={"Location": known})
        if payload.get("termsOfServiceAgreed") is not True:
            raise Refusal(403, "userActionRequired", "expected agreement")
        if any(not one.startswith("mailto:") for one in payload["contact"]):
            raise Refusal(400, "unsupportedContact", "expected mailto:")
        if self.needs_eab:
            self._bound(payload.get("externalAccountBinding"), thumbprint)
        account = self._at(f"/account/{secrets.token_hex(4)}")
        self._accounts[account], self._thumbprints[account] = self._newcomers[thumbprint], thumbprint
        return web.json_response({"status": "valid"}, status=201, headers={"Location": account})

    def _bound(self, binding: Any, thumbprint: str) -> None:
        if binding is None:
            raise Refusal(403, "externalAccountRequired", "expected a binding")
        header = json.loads(plain(binding["protected"]))
        good = hmac.digest(EAB_KEY, f"{binding['protected']}.{binding['payload']}".encode(), "sha256")
        if header != {"alg": "HS256", "kid": EAB_KID, "url": self._at("/new-account")} or good != plain(binding["signature"]):
            raise Refusal(403, "unauthorized", "the binding is not good")
        if thumbprint_of(json.loads(plain(binding["payload"]))) != thumbprint:
            raise Refusal(403, "unauthorized", "the binding is for another key")

    async def _new_order(self, request: web.Request) -> web.Response:
        payload, account = await self._signed(request)
        names = [one["value"] for one in payload["identifiers"] if one["type"] == "dns" and set(one) == {"type", "value"}]
        if not names or len(set(names)) != len(payload["identifiers"]) or not set(payload) <= {"identifiers", "replaces"}:
            raise Refusal(400, "malformed", "expected identifiers, each once")
        if self.limited_names.intersection(names):
            raise Refusal(429, "rateLimited", "too many certificates already issued for these names", Retry_After="3600")
        if "replaces" in payload:
            self._replace(payload["replaces"], account)
        if any(name.endswith(".forbidden.example") for name in names):
            raise Refusal(403, "rejectedIdentifier", "policy forbids this name")
        number = secrets.token_hex(4)
        authorizations = []
        for name in names:
            if (account, name) in self.valid and self._chance(0.5):
                authorizations.append(self.valid[account, name])
                continue
            one = secrets.token_hex(4)
            self._names[one] = {
                "name": name, "status": "pending", "look": "pending", "token": secrets.token_urlsafe(16), "account": account, "error": None,
            }  # fmt: skip
            authorizations.append(one)
        self.orders[number] = {"account": account, "names": names, "authorizations": authorizations, "status": "pending"}
        return web.json_response(self._shown(number), status=201, headers={"Location": self._at(f"/order/{number}")})

    def _shown(self, number: str) -> dict[str, Any]:
        order = self.orders[number]
        states = {self._names[one]["status"] for one in order["authorizations"]}
        if order["status"] == "pending":
            order["status"] = "invalid" if "invalid" in states else "ready" if states == {"valid"} else "pending"
        shown = {
            "status": order["status"],
            "expires": soon(),
            "notBefore": soon(),
            "profile": "default",
            "identifiers": [{"type": "dns", "value": name} for name in order["names"]],
            "authorizations": [self._at(f"/authorization/{one}") for one in order["authorizations"]],
            "finalize": self._at(f"/finalize/{number}"),
        }
        return shown | ({"certificate": self._at(f"/certificate/{number}")} if order["status"] == "valid" else {})

    def _mine(self, kept: dict[str, Any], account: str) -> None:
        if kept["account"] != account:
            raise Refusal(403, "unauthorized", "of another account")

    async def _order(self, request: web.Request) -> web.Response:
        account, order = await self._read(request), self.orders.get(request.match_info["id"])
        if order is None:
            raise Refusal(404, "malformed", "no such order")
        self._mine(order, account)
        shown = self._shown(request.match_info["id"])
        if order["status"] == "processing" and not self._chance(0.5):
            order["status"] = "valid"  # the next time it is asked for
        return web.json_response(shown, headers=self._waiting())

    async def _authorization(self, request: web.Request) -> web.Response:
        account, number = await self._read(request), request.match_info["id"]
        one = self._names[number]
        self._mine(one, account)
        return web.json_response(
            {
                "status": one["status"],
                "expires": soon(),
                "identifier": {"type": "dns", "value": one["name"]},
                "challenges": [self._shown_challenge(number)]
                if one["status"] != "pending"
                else [
                    {"type": "http-01", "url": self._at(f"/http/{number}"), "status": "pending", "token": one["token"]},
                    {"type": "dns-account-01", "url": self._at(f"/account/{number}"), "status": "pending", "token": one["token"]},
                    self._shown_challenge(number),
                ],
            },
            headers=self._waiting(),
        )

    def _shown_challenge(self, number: str) -> dict[str, Any]:
        one = self._names[number]
        shown = {"type": "dns-01", "url": self._at(f"/challenge/{number}"), "status": one["look"], "token": one["token"]}
        if one["status"] == "valid":
            shown |= {"validated": soon(), "validationRecord": [{"hostname": one["name"]}]}
        return shown | ({"error": {"type": PROBLEM + "dns", "detail": one["error"], "status": 403}} if one["error"] else {})

    async def _challenge(self, request: web.Request) -> web.Response:
        payload, account = await self._signed(request)
        number = request.match_info["id"]
        self._mine(self._names[number], account)
        if payload != {}:
            raise Refusal(400, "malformed", "expected an empty object")
        if self._names[number]["look"] != "pending":
            raise Refusal(400, "malformed", f"the challenge is {self._names[number]['look']}")
        self._names[number]["look"] = "processing"
        self.asked_to_look.set()
        look = asyncio.get_running_loop().create_task(self._look(number, account))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)
        return web.json_response(self._shown_challenge(number), headers={"Retry-After": self.retry_after})

    async def _look(self, number: str, account: str) -> None:
        await self.pause.wait()
        one = self._names[number]
        if self.weather is not None:
            await asyncio.sleep(self.weather.random() * 0.3)
        name = f"_acme-challenge.{one['name']}."
        self.looked_for.append(name)
        wanted = base64.urlsafe_b64encode(sha256(f"{one['token']}.{self._thumbprints[account]}".encode()).digest()).decode().rstrip("=")
        query = dns.message.make_query(name, dns.rdatatype.TXT)
        answer = await dns.asyncquery.tcp(query, "127.0.0.1", port=self._dns_port, timeout=5)
        found = [b"".join(each.strings).decode() for rrset in answer.answer for each in rrset]
        one["status"] = one["look"] = "valid" if wanted in found and not self.blind else "invalid"
        if one["status"] == "valid":
            self.valid[account, one["name"]] = number
        one["error"] = "" if one["status"] == "valid" else f"no such TXT record at {name}"

    async def _finalize(self, request: web.Request) -> web.Response:
        payload, account = await self._signed(request)
        number = request.match_info["id"]
        order = self.orders[number]
        self._mine(order, account)
        if self._shown(number)["status"] != "ready":
            raise Refusal(403, "orderNotReady", f"the order is {order['status']}")
        csr = x509.load_der_x509_csr(plain(payload["csr"]))
        names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
        if set(payload) != {"csr"} or not csr.is_signature_valid or sorted(names) != sorted(order["names"]):
            raise Refusal(400, "badCSR", "expected the names of the order")
        if csr.public_key() == self._accounts[account]:
            raise Refusal(400, "badPublicKey", "the account's key is none for a certificate (11.1)")
        if self.confused:
            self.confused -= 1
            csr = x509.load_pem_x509_csr(request_of_another(names))
        self._chains[number] = self.sign(csr, names)
        leaf = x509.load_pem_x509_certificate(self._chains[number].encode())
        self.issued[leaf.serial_number] = (account, renewal_id(leaf))
        order["status"] = "processing"
        return web.json_response(self._shown(number), headers={"Retry-After": self.retry_after})

    def sign(self, csr: x509.CertificateSigningRequest, names: list[str]) -> str:
        """A chain for a request, as any authority of a city would make it."""
        now = datetime.now(UTC)
        leaf = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._middle.subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=self.days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._middle_key.public_key()), critical=False)
            .sign(self._middle_key, hashes.SHA256())
        )
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in (leaf, self._middle))

    async def _certificate(self, request: web.Request) -> web.Response:
        account, number = await self._read(request), request.match_info["id"]
        self._mine(self.orders[number], account)
        if request.headers.get("Accept") != "application/pem-certificate-chain" or self.orders[number]["status"] != "valid":
            raise Refusal(404, "malformed", "expected Accept: application/pem-certificate-chain, and an order that is valid")
        return web.Response(text=self._chains[number], content_type="application/pem-certificate-chain")

    async def _revoke(self, request: web.Request) -> web.Response:
        payload, account = await self._signed(request)
        serial = x509.load_der_x509_certificate(plain(payload["certificate"])).serial_number
        if self.issued.get(serial, ("", ""))[0] != account or self.refuses_revocation:
            raise Refusal(403, "unauthorized", "of another account")
        if payload.get("reason") not in (0, 1, 3, 4, 5):
            raise Refusal(400, "badRevocationReason", "expected one that a subscriber may give")
        if serial in self.revoked:
            raise Refusal(400, "alreadyRevoked", "it is")
        self.revoked.add(serial)
        return web.Response()

    async def _renewal(self, request: web.Request) -> web.Response:
        """Asked by anybody, without a signature (RFC 9773, 4.1)."""
        if self.window is None or request.match_info["id"] not in {name for _, name in self.issued.values()}:
            raise Refusal(404, "malformed", "no such certificate")
        window = {name: at.isoformat().replace("+00:00", "Z") for name, at in zip(("start", "end"), self.window, strict=True)}
        return web.json_response({"suggestedWindow": window}, headers={"Retry-After": "21600"})

    def _replace(self, name: str, account: str) -> None:
        """RFC 9773, 5."""
        if (account, name) not in self.issued.values():
            raise Refusal(403, "unauthorized", "no such certificate of yours")
        if name in self.replaced:
            raise Refusal(409, "alreadyReplaced", "it is")
        self.replaced.append(name)
