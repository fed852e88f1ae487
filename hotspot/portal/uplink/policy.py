"""A policy of the hub: fetched, checked by the reader of the box's own file, written down, and then in force. What fails changes nothing.

The box's own files are those of the settings in force: a policy brings no unfinished change of ``portal.toml`` along.
"""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from msgspec import Struct

from hotspot import wire
from hotspot.portal.office import Office
from hotspot.portal.settings import BadSettings, Settings, load
from hotspot.portal.settings_reader import Files, Remembered
from hotspot.portal.uplink import kept
from hotspot.portal.uplink.backoff import Backoff
from hotspot.portal.uplink.link import HubRefused, HubUnavailable, Link
from hotspot.portal.uplink.poll import lost_contact, made_contact
from hotspot.portal.uplink.wishes import objection

LONGEST_ERROR = 2_000
"""Characters (``wire.Health.policy_error``)."""

log = structlog.get_logger("policy")


class Source(Struct, frozen=True):
    """What the settings in force were read from."""

    config: Path
    files: Files


class Policies:
    """Fetches and applies."""

    def __init__(self, office: Office, link: Link, source: Callable[[], Source | None], take: Callable[[Settings, Files], None]) -> None:
        """``take``: the settings are checked and kept, bring them into force."""
        self._office: Final = office
        self._link: Final = link
        self._source: Final = source
        self._take: Final = take

    async def run(self) -> None:
        """Whenever the hub names another policy, until cancelled."""
        uplink, backoff = self._office.uplink, Backoff(random.random)
        while True:
            await uplink.named.wait()
            uplink.named.clear()
            if uplink.wanted in (0, uplink.fetched):
                continue
            try:
                settled = await self.fetch()
            except (HubUnavailable, HubRefused) as error:
                lost_contact(self._office, error)
                settled, retry_after = False, error.retry_after if isinstance(error, HubUnavailable) else None
            else:
                retry_after = None
            if settled:
                backoff.reset()
            else:
                await asyncio.sleep(backoff.wait(retry_after))
                uplink.named.set()

    async def fetch(self) -> bool:
        """Fetch the policy and apply it; False when it should be tried again soon. Raises ``HubUnavailable`` and ``HubRefused``."""
        uplink = self._office.uplink
        content = await self._link.get(wire.POLICY)
        made_contact(self._office)
        try:
            policy = wire.decode(wire.Policy, content)
        except wire.NotUnderstood as error:
            self._refuse(uplink.wanted, f"cannot read policy {uplink.wanted}: {error}")
            return True
        try:
            await self._fetch_files(policy)
            self._apply(policy)
        except BadSettings as error:
            self._refuse(policy.serial, str(error))
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self._refuse(policy.serial, f"cannot keep policy {policy.serial}: {why}")
            uplink.fetched = 0
            return False
        else:
            uplink.fetched, uplink.refused, uplink.error = policy.serial, 0, ""
        uplink.wanted = policy.serial
        return True

    async def _fetch_files(self, policy: wire.Policy) -> None:
        """Raises ``OSError``, ``ValueError`` for a file with other content, and what the link raises."""
        state_dir = self._office.settings.state_dir
        for name, digest in (await asyncio.to_thread(kept.missing, state_dir, policy)).items():
            content = await self._link.get(wire.FILE + digest)
            await asyncio.to_thread(kept.add_file, state_dir, name, digest, content)

    def _apply(self, policy: wire.Policy) -> None:
        """Check, write down, bring into force. Raises ``BadSettings`` and ``OSError``; then nothing has changed."""
        office, source = self._office, self._source()
        if source is None:
            raise BadSettings(f"cannot use policy {policy.serial}: these settings are from no file")
        files = Remembered(source.files)
        settings = load(source.config, files, policy)
        why = office.register.terms.objection(settings.terms) or objection(office, settings)
        if why:
            raise BadSettings(f"cannot use policy {policy.serial}: {why}")
        content = kept.keep(office.settings.state_dir, policy)
        if settings.policy == office.settings.policy and settings == office.settings:
            return  # it is in force already: this start has only asked again
        files.contents[str(office.settings.state_dir / kept.NAME)] = content
        self._take(settings, files)
        log.info("policy in force", serial=policy.serial)
        try:
            kept.drop_unused(office.settings.state_dir, policy)
        except OSError as error:
            log.warning("files of an older policy stay", why=error.strerror or str(error))

    def _refuse(self, serial: int, why: str) -> None:
        uplink = self._office.uplink
        uplink.fetched, uplink.refused, uplink.error = serial, serial, why[:LONGEST_ERROR]
        log.error("policy not in force", serial=serial, why=why)
