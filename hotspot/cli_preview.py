"""``hotspot preview``: all pages of a hall on a loopback address, and what is to be mended before visitors see them."""

import asyncio
import signal
import sys
from pathlib import Path

import click

from hotspot.console import fail


@click.command()
@click.option(
    "--config", type=click.Path(path_type=Path), required=True, help="Settings of the portal; the theme is the one that they name."
)
@click.option("--zone", help="Zone whose plans are shown; without it the first one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option("--check", is_flag=True, help="Draw every page in every language, weigh the first view, and end.")
def preview(config: Path, zone: str | None, host: str, port: int, check: bool) -> None:
    """Show every page in every language as visitors will see it. Settings and theme are read again for every page: edit them, and reload
    the page in the browser. With --check exit status 1 says that something is to be mended."""
    from hotspot.portal.preview import FIRST_VIEW, Stages, serving
    from hotspot.portal.preview import check as examine
    from hotspot.portal.settings import BadSettings

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with serving(Stages(config, zone), host, port) as address:
            click.echo(f"preview at {address}/ (Ctrl-C ends it)")
            await stop.wait()

    if check:
        try:
            weight, faults = examine(config, zone)
        except BadSettings as error:
            fail(str(error))
        click.echo(
            f"first view: {weight.whole:,} of {FIRST_VIEW:,} bytes (page {weight.page:,} in {weight.language}, logo {weight.logo:,})"
        )
        for fault in faults:
            click.echo(fault, err=True)
        sys.exit(1 if faults else 0)
    try:
        asyncio.run(serve())
    except OSError as error:
        fail(f"cannot listen on {host} port {port}: {error.strerror or error}")
