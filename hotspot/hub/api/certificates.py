"""Certificates of the halls' portals: which names are whose, what is there, and what staff can do about it."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from hotspot.hub.access import Permission
from hotspot.hub.api.halls import Name
from hotspot.hub.api.operations import Call, Operation
from hotspot.hub.api.problems import BadRequest, Conflict, NotFound
from hotspot.hub.certificates.requests import MOST_NAMES, beyond, check_fits, check_zones, read_chain, read_request
from hotspot.hub.certificates.settings import NAME, Certificates
from hotspot.hub.store import Connection, audit, certificates, revocations, tenants
from hotspot.hub.store.certificates import Row
from hotspot.hub.store.revocations import Reason

Host = Annotated[str, Meta(max_length=253)]


class Certificate(Struct, frozen=True, kw_only=True):
    """Of one gateway's portal."""

    gateway: str
    hall: str
    partner: str
    names: list[str]
    """For which it gets one."""
    state: str
    """``none`` (it has not asked yet) | ``refused`` (it asks for what is none of its own) | ``waiting`` (for the authority, or for staff) |
    ``failing`` | ``ready`` | ``renewing`` (it is to make another key)."""
    begins_at: datetime | None
    ends_at: datetime | None
    """Of the last certificate; null: there was none."""
    asked_at: datetime | None
    """When its last request came first."""
    failing_since: datetime | None
    failure: str
    """Why the last try failed; "": it did not."""
    next_try_at: datetime | None
    refused: str
    """Why it gets none for what it asks for; "": it asks for its own names."""
    refused_since: datetime | None
    revoking: bool
    """A certificate of it is still to be revoked at the authority."""
    revocation_failure: str
    """Why that did not work; "": it did, or was not tried yet."""


class CertificateInFull(Struct, frozen=True, kw_only=True):
    """With what was asked for and what was given. The key is in the hall, and nowhere else."""

    certificate: Certificate
    csr: str
    """PKCS #10, PEM, for an authority of your own; "": there is none yet."""
    chain: str
    """PEM; "": there is none."""


class CertificateNames(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All names of a portal."""

    names: Annotated[list[Host], Meta(min_length=1, max_length=MOST_NAMES)]


class CertificateChain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate that another authority has signed."""

    chain: Annotated[str, Meta(max_length=200_000)]
    """PEM: the certificate for the gateway's request first, then who signed it, and so on."""


class WhichCertificates(Struct, frozen=True, kw_only=True):
    """Of all gateways, or of a partner's."""

    partner: Name | None = None


async def list_certificates(call: Call) -> list[Certificate]:
    """Of all gateways in use that asked, or that staff gave names to, by name; and those with a certificate that is to be revoked."""
    query: WhichCertificates = call.query
    async with call.hub.store.connection() as connection:
        return [_certificate(row) for row in await certificates.listed(connection, call.within(query.partner))]


async def show_certificate(call: Call) -> CertificateInFull:
    """One, with request and chain."""
    async with call.hub.store.connection() as connection:
        return _in_full(await _row(call, connection))


async def name_certificate(call: Call) -> Certificate:
    """These names are that gateway's, within the zones of its partner; it gets certificates for them, and for no others. What it asked for
    before is looked at anew. A certificate with a name that is taken away is revoked, when an ACME authority has signed it."""
    wanted: CertificateNames = call.body
    names = sorted(set(wanted.names))
    settings = _settings(call)
    async with call.hub.store.transaction() as connection:
        gateway = await call.gateway(connection)
        for name in names:
            if not NAME.fullmatch(name):
                raise BadRequest(f"names = {name!r}: expected a name of DNS in small letters, such as 'portal.kleinheim.example'")
        try:
            check_zones(names, gateway.partner, settings.zones)
        except ValueError as error:
            raise BadRequest(f"names: {error}") from None
        other = await certificates.holder(connection, names, gateway.id)
        if other is not None:
            raise Conflict(f"names = {', '.join(names)}: expected none that another gateway has; {other} has one of them")
        before = await certificates.one(connection, gateway.id, lock=True)
        if before is None or list(before.names) != names:
            await certificates.put_names(connection, gateway.id, names)
            if before is not None and settings.directory and beyond(before.chain, names):
                await revocations.want(connection, gateway.id, before.chain, Reason.NAMES, call.hub.now())
            await _note(call, connection, gateway, "certificate.names", names)
        row = await certificates.one(connection, gateway.id)
    assert row is not None
    return _certificate(row)


async def request_certificate(call: Call) -> Certificate:
    """Another certificate now: the gateway makes another key within minutes and asks for it; the one that it has goes on until then."""
    async with call.hub.store.transaction() as connection:
        row = await _row(call, connection, lock=True)
        await certificates.want_another(connection, row)
        await _note(call, connection, await call.gateway(connection), "certificate.request", [])
        return _certificate(await _row(call, connection))


async def revoke_certificate(call: Call) -> Certificate:
    """The key may be known to others: the authority revokes the certificate, and the gateway makes another key within minutes."""
    async with call.hub.store.transaction() as connection:
        row = await _row(call, connection, lock=True)
        if not row.chain:
            raise Conflict(f"gateway = {row.gateway!r}: expected one with a certificate")
        if not _settings(call).directory:
            raise Conflict("certificates.directory: expected an ACME authority; this certificate is revoked where it was signed")
        await certificates.want_another(connection, row)
        await revocations.want(connection, row.gateway_id, row.chain, Reason.KEY, call.hub.now())
        await _note(call, connection, await call.gateway(connection), "certificate.revoke", [])
        return _certificate(await _row(call, connection))


async def put_certificate(call: Call) -> Certificate:
    """A certificate that the operator's own authority has signed for the gateway's request; it fetches that within minutes."""
    wanted: CertificateChain = call.body
    now = call.hub.now()
    async with call.hub.store.transaction() as connection:
        row = await _row(call, connection, lock=True)
        if not row.csr or row.key_hash is None:
            raise Conflict(f"gateway = {row.gateway!r}: expected one that has asked for a certificate")
        try:
            chain = read_chain(wanted.chain)
            check_fits(chain, read_request(row.csr), now)
        except ValueError as error:
            raise BadRequest(str(error)) from None
        if not await certificates.issued(connection, row, chain.pem, (chain.begins, chain.ends), None, by_staff=True):
            raise Conflict(f"gateway = {row.gateway!r}: expected one whose key is wanted; it is to make another one")
        await _note(call, connection, await call.gateway(connection), "certificate.put", list(chain.names))
        return _certificate(await _row(call, connection))


def _settings(call: Call) -> Certificates:
    if call.hub.settings.certificates is None:
        raise Conflict("certificates: expected a hub with a section [certificates] in its settings")
    return call.hub.settings.certificates


async def _row(call: Call, connection: Connection, *, lock: bool = False) -> Row:
    """Raises ``NotFound``."""
    gateway = await call.gateway(connection)
    row = await certificates.one(connection, gateway.id, lock=lock)
    if row is None:
        raise NotFound(f"gateway = {gateway.name!r}: expected one that has names for a certificate")
    return row


async def _note(call: Call, connection: Connection, gateway: tenants.Gateway, action: str, names: list[str]) -> None:
    await audit.write(
        connection,
        call.actor,
        action,
        partner=gateway.partner,
        hall=gateway.hall,
        subject=gateway.name,
        detail={"names": names} if names else None,
    )


def _certificate(row: Row) -> Certificate:
    if row.refused:
        state = "refused"
    elif row.renewing:
        state = "renewing"
    elif not row.csr:
        state = "none"
    elif row.ready:
        state = "ready"
    else:
        state = "failing" if row.failing_since is not None else "waiting"
    return Certificate(
        gateway=row.gateway,
        hall=row.hall,
        partner=row.partner,
        names=list(row.names),
        state=state,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        asked_at=row.asked_at,
        failing_since=row.failing_since,
        failure=row.failure,
        next_try_at=row.next_try_at,
        refused=row.refused,
        refused_since=row.refused_since,
        revoking=row.revoking,
        revocation_failure=row.revocation_failure,
    )


def _in_full(row: Row) -> CertificateInFull:
    return CertificateInFull(certificate=_certificate(row), csr=row.csr, chain=row.chain)


_SEE, _ADMIN = Permission.SEE, Permission.ADMIN
_OF = "/gateways/{gateway}/certificate"
OPERATIONS = (
    Operation(
        name="listCertificates", method="GET", path="/certificates", summary="Certificates of the portals", subject="certificates",
        permission=_SEE, handler=list_certificates, query=WhichCertificates, reply=list[Certificate],
    ),
    Operation(
        name="showCertificate", method="GET", path=_OF, summary="One certificate", subject="certificates",
        permission=_SEE, handler=show_certificate, reply=CertificateInFull,
    ),
    Operation(
        name="putCertificate", method="PUT", path=_OF, summary="A certificate of another authority", subject="certificates",
        permission=_ADMIN, handler=put_certificate, body=CertificateChain, reply=Certificate, host_only=True, faults=(Conflict,),
    ),
    Operation(
        name="nameCertificate", method="PUT", path=_OF + "/names", summary="Names of a portal", subject="certificates",
        permission=_ADMIN, handler=name_certificate, body=CertificateNames, reply=Certificate, host_only=True, faults=(Conflict,),
    ),
    Operation(
        name="requestCertificate", method="POST", path=_OF + "/request", summary="Another certificate now", subject="certificates",
        permission=_ADMIN, handler=request_certificate, reply=Certificate, host_only=True,
    ),
    Operation(
        name="revokeCertificate", method="POST", path=_OF + "/revoke", summary="A certificate is revoked", subject="certificates",
        permission=_ADMIN, handler=revoke_certificate, reply=Certificate, host_only=True, faults=(Conflict,),
    ),
)  # fmt: skip
