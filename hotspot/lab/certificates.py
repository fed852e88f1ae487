"""An authority of the hall and certificates by it, made by openssl: for the portal and for every name of the site."""

import ipaddress
import os
from pathlib import Path

from hotspot.lab.layout import PORTAL_NAME
from hotspot.lab.namespaces import command
from hotspot.lab.probes import SITE_NAMES

_DAYS = "30"


async def make(folder: Path) -> None:
    """Write ``authority.pem``, ``portal.pem`` + ``.key`` and ``site.pem`` + ``.key`` into ``folder``."""
    folder.mkdir(exist_ok=True)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", _DAYS]
    authority, authority_key = folder / "authority.pem", folder / "authority.key"
    usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    await command("openssl", "req", "-x509", *curve, *usage, "-subj", "/CN=Hall", "-keyout", str(authority_key), "-out", str(authority))
    await certify(folder, "portal", [PORTAL_NAME])
    await certify(folder, "site", sorted(SITE_NAMES))


async def certify(folder: Path, file: str, names: list[str]) -> None:
    """Write ``file.pem`` and ``file.key`` for ``names``, which may be addresses; again for a certificate that replaces the one in use, as a
    renewal does."""
    request, fresh, fresh_key = folder / f"{file}.csr", folder / f"{file}.pem.new", folder / f"{file}.key.new"
    extensions = folder / f"{file}.ext"
    extensions.write_text("subjectAltName=" + ",".join(map(_alternative, names)) + "\nextendedKeyUsage=serverAuth\n")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    await command("openssl", "req", *key, "-subj", f"/CN={names[0]}", "-keyout", str(fresh_key), "-out", str(request))
    signer = ["-CA", str(folder / "authority.pem"), "-CAkey", str(folder / "authority.key"), "-CAcreateserial", "-days", _DAYS]
    await command("openssl", "x509", "-req", "-in", str(request), *signer, "-extfile", str(extensions), "-out", str(fresh))
    for made in (fresh_key, fresh):
        made.replace(made.with_suffix(""))


def _alternative(name: str) -> str:
    """As openssl writes a subject's alternative name."""
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


async def renew_portal(folder: Path) -> None:
    """A fresh certificate for the portal in place of the one in use; both files belong to whom they belonged before."""
    files = [folder / "portal.pem", folder / "portal.key"]
    owners = [file.stat() for file in files]
    await certify(folder, "portal", [PORTAL_NAME])
    for file, owner in zip(files, owners, strict=True):
        os.chown(file, owner.st_uid, owner.st_gid)
