"""The box's own way back where something is odd: names, a line that is cut, a package that cannot be put back, somebody else's dpkg. The
real program with the real dpkg, in a root of its own without systemd; on booted machines: tests/deploy/machines/changes."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.packages.contents import HERE
from tests.deploy.packages.in_root import carried_out

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(120)]

SYSTEMCTL = """#!/bin/sh
echo systemctl "$*" >>/mnt/calls
"""
QUIET = """#!/bin/sh
echo "${0##*/} $*" >>/mnt/calls
"""
WELL = """#!/bin/sh
echo 200
"""
"""What asks the portal how it is."""
PACKAGES = """
for version in 1 2; do
    mkdir -p /tmp/p/DEBIAN /tmp/p/usr/lib/hotspot-gateway/bin
    printf 'Package: hotspot-gateway\\nVersion: %s\\nArchitecture: all\\n' $version >/tmp/p/DEBIAN/control
    printf 'Maintainer: x <x@example.org>\\nDescription: x\\n' >>/tmp/p/DEBIAN/control
    printf '#!/bin/sh\\nexit 0\\n' >/tmp/p/usr/lib/hotspot-gateway/bin/hotspot
    chmod 755 /tmp/p/usr/lib/hotspot-gateway/bin/hotspot
    echo 1 >/tmp/p/usr/lib/hotspot-gateway/format; echo x >/tmp/p/usr/lib/hotspot-gateway/manual
    dpkg-deb -Zgzip -z1 --build /tmp/p /mnt/$version.deb >/dev/null
done
mkdir -p /etc/hotspot /etc/systemd/network
dpkg --install /mnt/1.deb >/dev/null
change() { sh /usr/sbin/hotspot-change "$@"; }
"""


class Box:
    """A root in which changes are made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("upper/usr/bin", "upper/usr/sbin", "work", "root", "mnt"):
            (folder / name).mkdir(parents=True)
        text = (HERE / "change" / "hotspot-change").read_text(encoding="utf-8")
        for patience in ("settle=40 ", "watch=5 ", "locked=120 "):
            assert text.count(f"\n{patience}") == 1
            text = text.replace(f"\n{patience}", f"\n{patience.partition('=')[0]}=1 ")
        self.program("usr/sbin/hotspot-change", text)
        for name, words in {"systemctl": SYSTEMCTL, "networkctl": QUIET, "logger": QUIET, "curl": WELL, "ip": QUIET}.items():
            self.program(f"usr/bin/{name}", words)
        self.program("usr/sbin/nft", "#!/bin/sh\n")

    def program(self, path: str, text: str) -> None:
        """In the place of what the machine has."""
        (self.folder / "upper" / path).write_text(text, encoding="utf-8")
        (self.folder / "upper" / path).chmod(0o755)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """As root of that box, which has no network, and whose processes end with the script."""
        return carried_out(self.folder, self.folder / "mnt", PACKAGES + script)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """Fresh."""
    yield Box(tmp_path)
    subprocess.run(["rm", "-rf", tmp_path / "work"], check=True)


def told(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Lines KEY=VALUE of a script that came to its end."""
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line and " " not in line.split("=", 1)[0])


def test_names_with_blanks_and_signs(box: Box) -> None:
    """Names as people make them: all of it comes back to the letter, and what came meanwhile goes."""
    done = box.run(r"""
        cd /etc/hotspot
        echo secret >' key '; chmod 600 ' key '
        echo one >'a\tb'; echo two >'-c'; echo three >'Datenschutz "neu" '; mkdir 'x y '; echo four >'x y /*'
        change begin >/dev/null
        echo other >' key '; chmod 644 ' key '; rm 'a\tb' -- '-c' 'Datenschutz "neu" '; rm -r 'x y '
        echo new >'new '; mkdir ' n'; echo new >' n/\c'
        change back >&2
        find . -printf '%m %p=' -type f -exec cat {} \; -o -printf '\n' | sort
        """)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted(
        [
            "755 .=",
            "600 ./ key =secret",
            r"644 ./a\tb=one",
            "644 ./-c=two",
            '644 ./Datenschutz "neu" =three',
            "755 ./x y =",
            "644 ./x y /*=four",
        ]
    )


def test_a_name_with_a_line_break(box: Box) -> None:
    """Such a one is no line in a list, and its second half is nobody's file: not begun with it, and not touched when it comes later."""
    done = box.run("""
        name=$(printf 'a\\netc')
        cd /
        echo x >"/etc/hotspot/$name"
        change begin 2>/mnt/refused && exit 9
        rm "/etc/hotspot/$name"
        change begin >/dev/null
        mkdir "/etc/hotspot/b
" "/etc/hotspot/b
/etc"; echo x >"/etc/hotspot/b
/etc/victim"; echo mine >/etc/victim; echo x >"/etc/hotspot/$name"
        change back >&2
        echo victim=$(cat /etc/victim)
        echo there=$(ls -d /etc/passwd)
        """)
    assert told(done) == {"victim": "mine", "there": "/etc/passwd"}
    refused = (box.folder / "mnt" / "refused").read_text()
    assert "/etc/hotspot/a etc : expected names without a line break; nothing was changed" in refused


def test_minutes_are_read_as_people_do(box: Box) -> None:
    """08 is no number to the shell, and 010 another one to systemd: neither begins anything."""
    done = box.run("""
        for minutes in 08 010 '' 0 1441 ten; do
            status=0; change begin --minutes "$minutes" 2>/dev/null || status=$?
            echo "m$minutes=$status"
        done
        echo left=$(ls /var/lib/hotspot-change /etc/systemd/system 2>/dev/null | grep -c -e saved -e hotspot-change)
        """)
    assert told(done) == {"m08": "2", "m010": "2", "m": "2", "m0": "2", "m1441": "2", "mten": "2", "left": "0"}


@pytest.mark.parametrize("cut", ["pipe", "signal"])
def test_whoever_asked_is_cut_off(box: Box, cut: str) -> None:
    """The way back takes away the network by which it was asked for: it goes on by itself at once, not when the minutes are over."""
    how = {"pipe": "change back | true", "signal": "timeout --signal=HUP 1 sh /usr/sbin/hotspot-change back"}[cut]
    box.program("usr/bin/networkctl", "#!/bin/sh\nsleep 2\necho networkctl $* >>/mnt/calls\n")
    done = box.run(f"""
        echo one >/etc/hotspot/x; echo '[Match]' >/etc/systemd/network/20-hotspot-wan.network
        change begin >/dev/null
        echo two >/etc/hotspot/x; echo '# other' >/etc/systemd/network/20-hotspot-wan.network
        {how} 2>/dev/null || true
        grep -q 'start --no-block hotspot-change-back.service' /mnt/calls && echo handed=on
        status=0; change keep 2>/mnt/kept || status=$?
        echo kept=$status
        status=0; change back >&2 || status=$?
        echo again=$status x=$(cat /etc/hotspot/x)
        """)
    assert told(done) == {"handed": "on", "kept": "1", "again": "0 x=one"}
    assert "cannot keep: the box is going back (asked)" in (box.folder / "mnt" / "kept").read_text()


def test_a_package_that_cannot_be_put_back(box: Box) -> None:
    """Somebody else's dpkg, a broken one: settings and network come back all the same, once, and the package is tried again."""
    done = box.run("""
        echo '[Match]' >/etc/systemd/network/20-hotspot-wan.network
        echo one >/etc/hotspot/x
        change begin >/dev/null
        dpkg --install /mnt/2.deb >/dev/null
        echo '# other' >/etc/systemd/network/20-hotspot-wan.network; echo two >/etc/hotspot/x
        echo hotspot-portal.service >/var/lib/hotspot-change/saved/active
        cp /var/lib/hotspot-change/saved/package.deb /tmp/good
        echo broken >/var/lib/hotspot-change/saved/package.deb
        : >/mnt/calls
        status=0; change back >/dev/null 2>&1 || status=$?
        echo first=$status network=$(grep -c '^networkctl reload' /mnt/calls) restarts=$(grep -c 'restart hotspot-portal' /mnt/calls)
        change state --json | sed 's/.*"hindered":/hindered=/; s/ /_/g'
        : >/mnt/calls
        status=0; change back >/dev/null 2>&1 || status=$?
        echo second=$status network=$(grep -c '^networkctl' /mnt/calls) restarts=$(grep -c 'restart hotspot-portal' /mnt/calls)
        cp /tmp/good /var/lib/hotspot-change/saved/package.deb
        change back >/dev/null
        echo version=$(dpkg-query -W -f '${Version}' hotspot-gateway) x=$(cat /etc/hotspot/x)
        """)
    found = told(done)
    assert found.pop("hindered").startswith('["cannot_put_back_hotspot-gateway_1:_')
    assert found == {"first": "5 network=1 restarts=1", "second": "5 network=0 restarts=0", "version": "1 x=one"}


LOCKED = """#!/usr/bin/python3
import fcntl, os, sys, time
for name in ("lock-frontend", "lock"):
    lock = open("/var/lib/dpkg/" + name, "a")
    fcntl.lockf(lock, fcntl.LOCK_EX)
print("locked", flush=True)
if os.fork() == 0:
    os.environ["DPKG_MAINTSCRIPT_PACKAGE"] = sys.argv[1]
    os.execvp("sleep", ["sleep", "30"])
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize(("whose", "ended"), [("linux-image", "no"), ("hotspot-gateway", "yes")])
def test_whose_installation_is_ended(box: Box, whose: str, ended: str) -> None:
    """Ours, which hangs; Debian's own update of a kernel meanwhile is waited for, also when ours was left half-installed before."""
    (box.folder / "mnt" / "locked").write_text(LOCKED)
    done = box.run(f"""
        change begin >/dev/null
        mkdir -p /tmp/p/DEBIAN && sed 's/Version: 2/Version: 3/' -i /tmp/p/DEBIAN/control
        printf '#!/bin/sh\\nexit 1\\n' >/tmp/p/DEBIAN/postinst && chmod 755 /tmp/p/DEBIAN/postinst
        dpkg-deb -Zgzip -z1 --build /tmp/p /mnt/3.deb >/dev/null
        ! dpkg --install /mnt/3.deb >/dev/null 2>&1 || exit 9
        mkfifo /tmp/ready
        (status=0; python3 /mnt/locked {whose} 4 >/tmp/ready || status=$?; echo $status >/tmp/status) &
        read -r _ </tmp/ready
        change back >&2
        wait
        echo ended=$([ "$(cat /tmp/status)" = 0 ] && echo no || echo yes) version=$(dpkg-query -W -f '${{Version}}' hotspot-gateway)
        """)
    assert told(done) == {"ended": f"{ended} version=1"}


def test_a_file_of_the_package_that_is_not_there(box: Box) -> None:
    """Where dpkg leaves out manuals, or somebody has taken one away, the package is made of what is there."""
    done = box.run("""
        rm /usr/lib/hotspot-gateway/manual
        change begin >/dev/null
        dpkg --install /mnt/2.deb >/dev/null
        change back >&2
        echo version=$(dpkg-query -W -f '${Version}' hotspot-gateway)
        """)
    assert told(done) == {"version": "1"}


@pytest.mark.parametrize("there", ["", "state=kept", "state=back"])
def test_timers_without_a_change(box: Box, there: str) -> None:
    """A power cut before begin had said that all is saved: what starts after the next start finds no change, and takes the timers away."""
    done = box.run(f"""
        change begin >/dev/null
        rm /var/lib/hotspot-change/saved/armed
        [ -z "{there}" ] || echo {there} >/var/lib/hotspot-change/last
        program=/var/lib/hotspot-change/saved/program
        sed -i 's/^within() .*/within() {{ true\\n}}\\nformerly() {{/' $program
        sh $program back >&2 || true
        cd /etc/systemd/system
        echo left=$(ls . timers.target.wants /var/lib/hotspot-change | grep -e saved -e hotspot-change-b)
        """)
    assert told(done) == {"left": ""}


BY_ITSELF = """
by_itself() { # as its timer starts it
    program=/var/lib/hotspot-change/saved/program
    cp $program /tmp/program
    sed -i 's/^within() .*/within() { true\\n}\\nformerly() {/' $program
    sh $program back >&2
    cp /tmp/program /var/lib/hotspot-change/late/program
}
"""


@pytest.mark.parametrize(("ago", "settings", "late"), [(0, "one", ""), (4_000, "three", "late")])
def test_whoever_goes_on_after_it_went_back(box: Box, ago: int, settings: str, late: str) -> None:
    """A playbook on a slow line: what it wrote after its minutes were over goes back, too, when it says so; what people did hours after
    does not."""
    done = box.run(
        BY_ITSELF
        + f"""
        echo one >/etc/hotspot/x
        change begin >/dev/null
        echo two >/etc/hotspot/x
        by_itself
        echo first=$(cat /etc/hotspot/x)
        echo three >/etc/hotspot/x; dpkg --install /mnt/2.deb >/dev/null
        sed -i "s/^at=.*/at=$(($(date +%s) - {ago}))/" /var/lib/hotspot-change/last
        change back >/mnt/said
        echo second=$(cat /etc/hotspot/x) version=$(dpkg-query -W -f '${{Version}}' hotspot-gateway)
        echo left=$(ls /var/lib/hotspot-change | grep -v last) state=$(change state --json | grep -c '"because":"timer"')
        """
    )
    version = "2" if late else "1"
    assert told(done) == {"first": "one", "second": f"{settings} version={version}", "left": f"{late} state=1"}
    assert (box.folder / "mnt" / "said").read_text().startswith("The box went back at ")


def test_what_is_said_is_on_the_disk(box: Box) -> None:
    """When somebody hears that a change is kept, no power cut in the next moment takes it back."""
    box.program("usr/bin/sync", '#!/bin/sh\n[ -e /var/lib/hotspot-change/saved/armed ] || echo "$@" >>/mnt/synced\n')
    done = box.run("""
        change begin >/dev/null
        rm -f /mnt/synced
        change keep >/dev/null
        echo synced=$(grep -x /var/lib/hotspot-change/saved /mnt/synced)
        """)
    assert told(done) == {"synced": "/var/lib/hotspot-change/saved"}


def test_services_of_ours_cannot_stop_it(box: Box) -> None:
    """Not one that would hold its lock, nor a portal with a page without end, nor a visitor who leaves a pipe in the place of a look."""
    box.program(
        "usr/bin/curl",
        """#!/bin/sh
        while [ $# -gt 1 ] && [ "$1" != --output ]; do shift; done
        dd if=/dev/zero of="$2" bs=1M count=8 2>/dev/null
        wc -c <"$2" >>/mnt/sizes
        echo 200
        """,
    )
    box.program(
        "usr/bin/systemctl",
        """#!/bin/sh
        case "$*" in
            *--property=Id,*)
                printf '%s\\n' Id=hotspot-visit.timer LoadState=loaded ActiveState=active SubState=waiting UnitFileState=enabled
                ;;
            "start hotspot-visit.service") rm -f /run/hotspot-looks/visit/look.json; mkfifo /run/hotspot-looks/visit/look.json ;;
        esac
        """,
    )
    done = box.run("""
        : >/etc/hotspot/visit.conf; mkdir -p /run/hotspot-looks/visit
        : >/run/hotspot-change.lock; chmod 644 /run/hotspot-change.lock
        timeout 60 sh /usr/sbin/hotspot-change begin >/dev/null
        echo lock=$(stat -c %a /run/hotspot-change.lock)
        status=0; timeout 60 sh /usr/sbin/hotspot-change check >&2 || status=$?
        echo check=$status largest=$(sort -n /mnt/sizes | tail -n 1)
        """)
    assert told(done) == {"lock": "600", "check": "0 largest=1048576"}  # as before the change: no result of a visit


def test_kept_with_a_full_disk(box: Box) -> None:
    """What was set aside for the way back is there for the last word, too."""
    done = box.run("""
        mkdir -p /var/lib/hotspot-change && mount -t tmpfs -o size=66m,mode=755 tmpfs /var/lib/hotspot-change
        echo one >/etc/hotspot/x
        change begin >/dev/null
        echo mode=$(stat -c %a /var/lib/hotspot-change)
        dd if=/dev/zero of=/var/lib/hotspot-change/rest bs=4k status=none 2>/dev/null || true
        change keep >&2
        echo state=$(sed -n 's/^state=//p' /var/lib/hotspot-change/last)
        """)
    assert told(done) == {"mode": "700", "state": "kept"}
