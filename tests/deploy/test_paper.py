"""docs/operations.md against what there is: every play, every -e, every make, every setting and every file that it names."""

import itertools
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.deploy import collection as at
from tests.deploy.collection import COLLECTION, INVENTORY, PLAYBOOKS, ROLES, read
from tests.deploy.expressions import DEPLOY
from tests.deploy.machines import rendered

TREE = DEPLOY.parent
DOCUMENT = TREE / "docs" / "operations.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")


def typed() -> list[str]:
    """Lines of code blocks, and spans in the text, each once."""
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = [span.replace("\n", " ") for span in _SPAN.findall(re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))]
    return [part.strip() for line in lines + spans for part in line.split(" && ")]


def plays() -> list[list[str]]:
    """Words of each ansible-playbook that stands there, and those options of it that stand alone in the text."""
    return [shlex.split(line) for line in typed() if line.startswith(("ansible-playbook hotspot.", "-e ", "-l "))]


def test_every_play_that_is_typed_is_there() -> None:
    """With the variables that the play's own head describes, and hosts and groups that the example has."""
    known = set(at.hosts()) | {group for said in at.hosts().values() for group in said["groups"]}
    heads = {file.stem: file.read_text(encoding="utf-8").partition("\n- ")[0] for file in PLAYBOOKS.glob("*.yml")}
    wrong = []
    for words in plays():
        name = words[1].rpartition(".")[2] if words[0] == "ansible-playbook" else ""
        wrong += [f"{words}: no such play"] if name and name not in heads else []
        for option, value in itertools.pairwise(words):
            if option == "-e":
                key = value.partition("=")[0]
                there = heads.get(name, "") if name else "".join(heads.values())
                wrong += [] if f"-e {key}=" in there else [f"{words}: {key}"]
            elif option == "-l":
                hosts = re.split(r":[!&]?", value)
                wrong += [f"{words}: {host}" for host in hosts if host not in known and host != "HALL"]
    assert wrong == []
    assert {words[1].rpartition(".")[2] for words in plays() if words[0] == "ansible-playbook"} == set(heads)


def test_every_make_that_is_typed_is_there() -> None:
    """A target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (TREE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    targets = {target for line in targets for target in line.split()}
    named = {line.split()[1] for line in typed() if re.match(r"make [a-z]", line)}
    assert {"package", "control", "authority", "version"} <= named <= targets


def test_every_setting_that_is_named_is_there() -> None:
    """Of a role, of the inventory, or of what the inventory's groups are called."""
    known = {name for role in ROLES.values() for name in read(role / "defaults" / "main.yml")}
    known |= {name for said in at.hosts().values() for name in [*said, *said["groups"]]}
    named = {name for line in typed() for name in re.findall(r"\b(?:gateway|hub|monitoring|hotspot|partner)_[a-z_]+\b", line)}
    assert named - known == set()
    assert len(named) > 6


def test_the_hall_on_paper_is_what_the_role_takes() -> None:
    """The file that the document shows, over what the example's groups have."""
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    file = DEPLOY / "inventory" / "host_vars" / "kleinheim-rathaus.yml"
    given = {name: value for name, value in at.resolved("kleinheim-rathaus").items() if name not in read(file)}
    assert at.refused(at.options("gateway"), {**given, **at.parsed(shown)}) == []


BY_HAND = {
    "/etc/hotspot/firewall.toml": "firewall.toml.j2",
    "/etc/hotspot/portal.toml": "portal.toml.j2",
    "/etc/systemd/network/20-hotspot-wan.network": "wan.network.j2",
    "/etc/systemd/network/20-hotspot-public.netdev": "zone.netdev.j2",
    "/etc/systemd/network/20-hotspot-public.network": "zone.network.j2",
    "/etc/systemd/network/20-hotspot-public-enp2s0.network": "member.network.j2",
    "/etc/dnsmasq-hotspot/public.conf": "dnsmasq.conf.j2",
    "/etc/dnsmasq-hotspot/public-captive.conf": "dnsmasq-captive.conf.j2",
    "/etc/chrony/conf.d/hotspot.conf": "chrony.conf.j2",
}


def test_the_box_by_hand_has_the_files_of_the_role() -> None:
    """Each as the role writes it for the hall on paper without a hub, but for comments; and no file of the role's is forgotten."""
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    settings = {name: value for name, value in at.resolved("grossstadt-stadthaus").items() if name.startswith("gateway_")}
    more = {"gateway_hub_url": "", "gateway_visitor": False, "gateway_town": "Gemeinde Kleinheim", "gateway_name_servers": ["192.0.2.53"]}
    values = rendered.variables({**settings, **at.parsed(shown), **more, "gateway_time_servers": ["ntp1.grossstadt.example"]})
    (zone,) = values["gateway_zones"]
    section = TEXT.partition("### The box by hand\n")[2].partition("\n### ")[0]
    files = dict(re.findall(r"\n`(/etc/[^`]+)`[^\n]*:\n\n```[a-z]+\n(.*?)```", section, re.DOTALL))
    assert set(files) == set(BY_HAND)
    for path, template in BY_HAND.items():
        item = (zone, "enp2s0") if template == "member.network.j2" else zone
        assert _plain(files[path]) == _plain(rendered.text(template, values, item=item, __gateway_index=0)), path


def _plain(text: str) -> list[str]:
    """Lines that say something."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_unit_by_hand_has_nothing_left_to_write_in() -> None:
    """What sed(1) makes of the role's file is the unit that the role writes."""
    name = "dnsmasq-hotspot@.service.j2"
    (words,) = (shlex.split(line) for line in typed() if line.startswith("sed ") and name in line)
    made = subprocess.run(("sed", words[1], str(ROLES["gateway"] / "templates" / name)), capture_output=True, text=True, check=True).stdout
    assert _plain(made) == _plain(rendered.text(name, rendered.variables(at.resolved("grossstadt-stadthaus"))))


@pytest.mark.parametrize("document", [DOCUMENT, INVENTORY / "README.md", COLLECTION / "README.md"], ids=lambda path: path.parent.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """To a file of the tree, and to a heading where it names one."""
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        name, _, heading = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if "://" in target or (path.exists() and (not heading or heading in _headings(path))):
            continue
        wrong.append(target)
    assert wrong == []


def _headings(path: Path) -> set[str]:
    """As pages of documents name them."""
    found = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in found}


def test_files_of_the_inventory_that_are_named_are_there() -> None:
    """In the example; what is made later is said to be."""
    later = {"files/authority.pem", "files/", "host_vars/bergdorf-rathaus.yml"}
    named = {one for line in typed() for one in re.findall(r"(?:group_vars|host_vars|files)/[\w./-]*", line)}
    assert {one for one in named if not (INVENTORY / one).exists() and one not in later} == set()
