"""``hotspot doctor`` and ``hotspot troubleshooting``: what is amiss with this gateway, and what every finding means."""

import sys
from pathlib import Path

import click

from hotspot.console import fail, json_option, print_json

AMISS, CANNOT = 1, 2
# access(2) knows nothing of the unit's capabilities: whoever reads a file says what is wrong with it.
_file = click.Path(path_type=Path, dir_okay=False, readable=False)
_folder = click.Path(path_type=Path, file_okay=False, exists=True, readable=False)


@click.command()
@click.option("--config", "portal", type=_file, default="/etc/hotspot/portal.toml", show_default=True, help="Settings of the portal.")
@click.option("--firewall", type=_file, default="/etc/hotspot/firewall.toml", show_default=True, help="Settings of the firewall.")
@click.option(
    "--authority",
    type=_file,
    help="PEM file of an authority that phones here trust beside the public ones; without it portal-authority.pem beside portal.toml.",
)
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True, help="Of the page.")
@click.option("--looks", type=_folder, help="Folder to write the look to, for the portal.")
@click.option("--bundle", type=_file, help="File (.tar.gz) for support: settings, rules and logs, without personal data and secrets.")
@json_option
def doctor(
    portal: Path, firewall: Path, authority: Path | None, language: str, looks: Path | None, bundle: Path | None, as_json: bool
) -> None:
    """Look at this gateway and change nothing. Exit status: 0 well, 1 something is amiss, 2 cannot look."""
    from hotspot.doctor.bundle import write as write_bundle
    from hotspot.doctor.examination import examine
    from hotspot.doctor.page import page
    from hotspot.doctor.subject import CannotLook, Place
    from hotspot.looks import folder
    from hotspot.looks.authority import beside

    authority = authority or beside(portal)
    if authority is not None and (trouble := no_authority(authority)):
        fail(f"--authority {authority}: expected a PEM file with the certificate of an authority: {trouble}", CANNOT)
    place = Place(portal, firewall, authority)
    try:
        look = examine(place)
        if looks is not None:
            folder.write(looks, look)
        if bundle is not None:
            write_bundle(bundle, place, look)
    except CannotLook as error:
        fail(str(error), CANNOT)
    except OSError as error:
        fail(f"cannot write {error.filename or looks or bundle}: {error.strerror or error}", CANNOT)
    if as_json:
        print_json(look)
    else:
        click.echo(page(look, language))
    sys.exit(0 if look.well else AMISS)


def no_authority(path: Path) -> str:
    """Why the file is of no use to check certificates with; "": it is."""
    from hotspot.portal.settings_hub import trusting

    try:
        trusting(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:
        return "there is none in it"
    return ""


@click.command()
@click.option("--output", type=_file, help="File to write; without it the text is printed.")
def troubleshooting(output: Path | None) -> None:
    """Write docs/troubleshooting.md: every finding of visitor, doctor and guard, what it means and what mends it."""
    from hotspot.looks.troubleshooting import document

    if output is None:
        click.echo(document(), nl=False)
        return
    try:
        output.write_text(document(), encoding="utf-8")
    except OSError as error:
        fail(f"cannot write {output}: {error.strerror or error}")
