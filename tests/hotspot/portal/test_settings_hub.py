"""The section [hub]: defaults, bounds, and errors that name key, value and what was expected."""

from pathlib import Path

import pytest

from hotspot.portal.settings import BadSettings, Hub, load
from tests.hotspot.portal.test_certificates import make_pair

EXAMPLE = Path(__file__).parents[3] / "docs" / "portal.toml"


@pytest.fixture
def authority(tmp_path: Path) -> str:
    """A certificate beside the settings."""
    certificate, _ = make_pair(tmp_path, "hub.city.example")
    (tmp_path / "authority.pem").write_bytes(certificate)
    return certificate.decode()


def read(folder: Path, **keys: str | int) -> Hub | None:
    """The example with this section."""
    values = {"url": "https://hub.city.example/", "authority": "authority.pem", **keys}
    path = folder / "portal.toml"
    lines = (f"{key} = {value!r}" for key, value in values.items())
    path.write_text(EXAMPLE.read_text() + "\n[hub]\n" + "\n".join(lines).replace("True", "true"))
    return load(path).hub


def test_defaults(tmp_path: Path, authority: str) -> None:
    """Two keys are enough; without the section there is no hub."""
    assert read(tmp_path) == Hub(url="https://hub.city.example", authority=authority)
    assert load(EXAMPLE).hub is None


def test_every_key(tmp_path: Path, authority: str) -> None:
    """In the units that people write."""
    assert read(
        tmp_path, report_every="5 min", keep="1 GB", keep_for="30 d", away="closed", away_after=60, proxy="http://proxy.hall.example:3128"
    ) == Hub(
        url="https://hub.city.example",
        authority=authority,
        report_every=300,
        keep=1_000_000_000,
        keep_for=30 * 86_400,
        away="closed",
        away_after=60,
        proxy="http://proxy.hall.example:3128",
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("url", "http://hub.city.example", "https://"),
        ("url", "https://user@hub.city.example", "https://"),
        ("url", "https://hub.city.example/?a=b", "https://"),
        ("authority", "nothing.pem", "expected a readable file"),
        ("authority", "portal.toml", "expected a file with the PEM certificate of the hub's authority"),
        ("report_every", "0.5 s", "expected 1 to 3600 seconds"),
        ("keep", "1 kB", "bytes"),
        ("keep_for", "1 min", "expected 3600"),
        ("away", "maybe", 'expected "open", "closed" or "last-policy"'),
        ("away_after", "soon", "expected a duration"),
        ("proxy", "proxy:3128", "expected an address"),
        ("credential", "x", "unknown key"),
    ],
)
def test_errors(tmp_path: Path, authority: str, key: str, value: str, expected: str) -> None:
    """They name the key."""
    with pytest.raises(BadSettings) as caught:
        read(tmp_path, **{key: value})
    assert f"hub.{key} = " in str(caught.value)
    assert expected in str(caught.value)


def test_words_beside_the_certificate(tmp_path: Path, authority: str) -> None:
    """Whose it is may be said in any language."""
    (tmp_path / "authority.pem").write_text(f"# Zertifizierungsstelle der Großstadt\n{authority}")
    assert read(tmp_path) is not None


def test_a_key_is_no_authority(tmp_path: Path, authority: str) -> None:
    """A PEM file without a certificate would trust nobody."""
    (tmp_path / "key.pem").write_bytes(make_pair(tmp_path, "x")[1])
    with pytest.raises(BadSettings, match="expected a file with the PEM certificate"):
        read(tmp_path, authority="key.pem")
