"""``python -P -m firewall``: run the daemon, show what it would load, load the guard alone, or take everything away."""

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from firewall import ruleset, shaper
from firewall.daemon import Daemon, clock
from firewall.grants import table_of
from firewall.inspection import inspect
from firewall.kernel import Kernel
from firewall.kernel import nft as nft_program
from firewall.kernel.netlink import KernelRefused
from firewall.settings import Settings, SettingsError, load

log = structlog.get_logger("firewall")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 could not, 2 wrong usage or settings."""
    options = _parser().parse_args(argv)
    _log_to_stderr(options.debug)
    try:
        settings = load(options.config)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        if options.check_config:
            print(f"{options.config}: zones {', '.join(settings.zones)}: fine")
        elif options.show:
            print(shown(settings))
        elif options.inspect:
            print(msgspec.json.encode(inspect(settings, clock())).decode())
        elif options.guard:
            nft_program.load(ruleset.replaced(ruleset.GUARD_TABLE, ruleset.guard(settings.zones, settings.line_ports)))
        elif options.remove:
            remove(settings)
        else:
            _serve(settings)
    except (KernelRefused, nft_program.RulesetRefused, PermissionError) as error:
        print(f"firewall: {error}", file=sys.stderr)
        return 1
    return 0


def shown(settings: Settings) -> str:
    """The nft and tc text that the daemon would load, for a reader."""
    parts = ["# nft -f -", ruleset.guard(settings.zones, settings.line_ports)]
    parts += [ruleset.zone_table(settings.zones, name) for name in settings.zones]
    for interface, tree in shaper.trees(settings.zones, {}).items():
        parts.append("\n".join([f"# {interface}", *shaper.text(interface, tree, "bfifo")]))
    parts.append("# and, for each client's slot, with the rates of its plan; fq_codel leaves where the kernel has them")
    return "\n".join(parts)


def remove(settings: Settings) -> None:
    """Take away tables and qdiscs. The net is open to whatever else routes afterwards, as it was before the daemon came."""
    tables = [*(table_of(name) for name in settings.zones), ruleset.GUARD_TABLE]
    nft_program.load("".join(map(ruleset.removed, tables)))
    with Kernel(Path(settings.runtime_dir)) as kernel:
        wanted = {interface for zone in settings.zones.values() for interface in (zone.lan, zone.wan)}
        for link in kernel.neighbours.links():
            if link.name in wanted and kernel.tc.read(link.index) is not None:
                kernel.tc.remove_root(link.index)
        for table in tables:
            kernel.listings.forget(table)


def _serve(settings: Settings) -> None:
    # Thousands of grants are tens of thousands of objects without a cycle among them: looking for cycles often costs more than it finds,
    # and a request waits meanwhile.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with Kernel(Path(settings.runtime_dir)) as kernel:
        asyncio.run(Daemon(settings, kernel, os.getuid()).serve())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hotspot firewall", description="The gateway's privileged daemon.")
    parser.add_argument("--config", default="/etc/hotspot/firewall.toml", help="settings (TOML)")
    parser.add_argument("--debug", action="store_true", help="log more; still no address of a visitor")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check-config", action="store_true", help="read the settings, say whether they are fine, and end")
    what.add_argument("--show", action="store_true", help="print the nft and tc text that would be loaded, change nothing")
    what.add_argument("--inspect", action="store_true", help="print how the kernel is against the settings (JSON), change nothing")
    what.add_argument("--guard", action="store_true", help="load the guard table alone (at boot, before interfaces are up)")
    what.add_argument("--remove", action="store_true", help="take tables and qdiscs away")
    return parser


def _log_to_stderr(debug: bool) -> None:
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), structlog.processors.LogfmtRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
