"""What Ansible's modules take, give back and do with --check where nothing is installed yet, as ansible-core 2.14 to 2.21 have them."""

import fcntl
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import nodes

from tests.deploy import collection as at
from tests.deploy import templates
from tests.deploy.collection import PLAYBOOKS, ROLES, Task, read, tasks
from tests.deploy.expressions import DEPLOY

GERMAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "LANGUAGE": "de_DE:de"}
"""A machine that Debian's installer set up in German, as far as programs ask."""
BOOLS = {
    *("allow_downgrade", "install_recommends", "purge", "update_cache", "backup", "force", "remote_src", "follow", "flat", "quiet"),
    *("validate_checksum", "enabled", "daemon_reload", "use_proxy", "get_checksum", "recurse", "hidden"),
}
NUMBERS = {"cache_valid_time", "policy_rc_d", "timeout", "delay", "sleep"}
CHOICES = {
    ("apt", "state"): {"absent", "build-dep", "fixed", "latest", "present"},
    ("file", "state"): {"absent", "directory", "file", "hard", "link", "touch"},
    ("find", "file_type"): {"any", "directory", "file", "link"},
    ("stat", "checksum_algorithm"): {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"},
    ("systemd", "state"): {"reloaded", "restarted", "started", "stopped"},
    ("tempfile", "state"): {"directory", "file"},
    ("wait_for", "state"): {"absent", "drained", "present", "started", "stopped"},
}
"""Words that an argument may have. ``tried-restart`` of systemd is too new."""
NEEDED = {
    "assert": ["that"],
    "copy": ["dest", "src content"],
    "command": ["argv cmd"],
    "debug": ["msg var"],
    "fetch": ["dest", "src"],
    "file": ["path dest"],
    "find": ["paths"],
    "shell": ["cmd"],
    "stat": ["path"],
    "systemd": ["state enabled masked daemon_reload daemon_reexec"],
    "template": ["dest", "src"],
    "apt": ["name deb"],
    "uri": ["url"],
    "wait_for": ["path port"],
}
"""What each has to be told: exactly one of the arguments that stand together; of systemd's one at least."""
_SAID = "cmd delta end rc start stderr stderr_lines stdout stdout_lines"
_RETURNS = {
    "apt": "cache_update_time cache_updated rc stderr stderr_lines stdout stdout_lines",
    "command": _SAID,
    "copy": "backup_file checksum dest",
    "fetch": "checksum dest",
    "file": "dest path",
    "find": "examined files matched skipped_paths",
    "shell": _SAID,
    "stat": "stat",
    "systemd": "enabled name state status",
    "template": "checksum dest",
    "tempfile": "path",
    "uri": "elapsed redirected status url",
    "wait_for": "elapsed path port state",
}
RETURNS = {name: set(said.split()) for name, said in _RETURNS.items()}
"""What they give back in every release; of a task that was skipped none of it is there."""
COMMON = {"attempts", "changed", "failed", "msg", "results", "skipped"}
"""What every result may have."""


def _kind(task: Task) -> str:
    return task.module.rpartition(".")[2]


def test_arguments_are_of_their_types() -> None:
    """Truths, numbers and words that the modules know; a template says what it wants."""
    wrong = []
    for task in tasks():
        for name, value in task.arguments.items():
            if isinstance(value, str) and "{{" in value:
                continue
            wrong += [f"{task.where}: {name}: {value!r}"] if name in BOOLS and not isinstance(value, bool) else []
            wrong += [f"{task.where}: {name}: {value!r}"] if name in NUMBERS and type(value) is not int else []
            known = CHOICES.get((_kind(task), name))
            wrong += [f"{task.where}: {name}: {value!r}"] if known and value not in known else []
    assert wrong == []


def test_modules_are_told_what_they_need() -> None:
    """And nothing together that excludes each other; a unit is named where more is wanted than that all are read again."""
    wrong = []
    for task in tasks():
        for group in NEEDED.get(_kind(task), []):
            given = [name for name in group.split() if name in task.arguments]
            wrong += [f"{task.where}: {given}, expected one of {group}"] if not given or (len(given) > 1 and "state" not in given) else []
        if _kind(task) == "systemd":
            wrong += [task.where] if {"state", "enabled"} & set(task.arguments) and "name" not in task.arguments else []
    assert wrong == []


FROM_HERE = {
    "gateway": {"gateway_package", "gateway_certificate", "gateway_key", "gateway_hub_authority", "_gateway_signed_by"},
    "hub": {
        *("hub_package", "hub_certificate", "hub_key"),
        *("hub_authority", "hub_database_authority", "hub_oidc_authority", "hub_hall_certificates_authority"),
    },
    "monitoring": {"_monitoring_signed_by"},
}
"""Variables that name files on the control host."""


def _copied(role: str) -> set[str]:
    """Variables that name what a role copies, beside what it has itself."""
    found: set[str] = set()
    for task in tasks():
        if task.role == role and _kind(task) == "copy" and "{{" in task.arguments.get("src", ""):
            loop = task.said.get("loop", [])
            items = read(ROLES[role] / "vars" / "main.yml")[loop.strip("{} ")] if isinstance(loop, str) else loop
            found |= at.used(task.arguments["src"]) | at.used([one["src"] for one in items if isinstance(one, dict)])
    return found - {"item"}


@pytest.mark.parametrize("role", ROLES)
def test_files_of_the_control_host_are_named_by_their_whole_paths(role: str) -> None:
    """What does not begin with / is there for the preflight, which looks in the folder where you work, and not for the module copy, which
    looks beside the role: so the preflight says it, before anything is touched."""
    assert _copied(role) == FROM_HERE[role]
    files = [ROLES[role] / "tasks" / name for name in ("preflight.yml", "bring.yml")]
    first = "".join(file.read_text(encoding="utf-8") for file in files if file.exists())
    assert [name for name in FROM_HERE[role] if f'{name} is match("/' not in first and f'file: "{{{{ {name} }}}}"' not in first] == []


# Results --------------------------------------------------------------------------------------------------------------------------------


def _registered() -> dict[str, set[str]]:
    """Names under which results are kept -> modules they come from."""
    found: dict[str, set[str]] = {}
    for task in tasks():
        if "register" in task.said:
            found.setdefault(task.said["register"], set()).add(_kind(task))
    return found


def _taken(text: str, names: Mapping[str, Any], *, bare: bool = False) -> Iterator[tuple[str, str]]:
    """Name and attribute of each look into one of these; ``bare``: those alone for which nothing stands in when they are not there."""
    tree = templates.parsed(text)
    covered = {id(inner) for one in tree.find_all(nodes.Filter) if one.name == "default" for inner in one.find_all(nodes.Getattr)}
    covered |= {id(inner) for one in tree.find_all(nodes.Test) if one.name == "defined" for inner in one.find_all(nodes.Getattr)}
    for found in tree.find_all(nodes.Getattr):
        if isinstance(found.node, nodes.Name) and found.node.name in names and not (bare and id(found) in covered):
            yield found.node.name, found.attr


def test_what_is_taken_from_a_result_is_in_it() -> None:
    """In conditions, arguments, variables and templates."""
    registered = _registered()
    wrong, seen = [], 0
    for where, text in templates.texts():
        for name, attribute in _taken(text, registered):
            seen += 1
            known = COMMON.union(*(RETURNS.get(kind, set()) for kind in registered[name]))
            wrong += [f"{where}: {name}.{attribute}"] if attribute not in known else []
    assert wrong == []
    assert seen > 100


def test_a_result_that_is_read_otherwise_is_found() -> None:
    """Each look into one of the names; not those for which something stands in, where these are not asked for."""
    text = "{{ a.stdout | default(b.rc) }}{{ a.status if c.d is defined else b['rc'] | int + (b.rc | int) }}"
    assert sorted(_taken(text, {"a": 0, "b": 0, "c": 0})) == [("a", "status"), ("a", "stdout"), ("b", "rc"), ("b", "rc"), ("c", "d")]
    assert sorted(_taken("{{ a.stdout | default(1) }}{{ b.rc | int }}", {"a": 0, "b": 0}, bare=True)) == [("b", "rc")]


# --check on a host that has nothing yet ------------------------------------------------------------------------------------------------

NOT_THEN = "not ansible_check_mode"


def _guarded_files() -> set[Path]:
    """Files of tasks that are not looked at with --check, whoever has them."""
    called: dict[Path, list[bool]] = {}
    for task in tasks():
        if _kind(task) in ("import_tasks", "include_tasks"):
            place = task.file.parent / (task.arguments.get("file") or task.arguments["cmd"])
            called.setdefault(place.resolve(), []).append(NOT_THEN in str([task.said.get("when"), task.outer.get("when")]))
    return {path for path, guards in called.items() if all(guards)}


def _looks(task: Task) -> bool:
    """Whether it is of those that do something, or look, with --check too."""
    return NOT_THEN not in str([task.said.get("when"), task.outer.get("when")]) and task.file.resolve() not in _guarded_files()


WHERE_THERE_IS_ONE = {
    "Save it as each night, and wait for the end",
    *("Stop the hub", "Start the hub"),
    *("Stop who would put it back", "Stop them", "Stop the router advertisements, where there were any"),
}
"""Units that are there: of a hub that is saved or put back, of a program that was found, of a list that systemd gave."""


def test_no_unit_is_asked_for_before_it_can_be_there() -> None:
    """The module refuses a unit that it does not find, also where it would change nothing."""
    asked = [task for task in tasks() if _kind(task) == "systemd" and "name" in task.arguments and _looks(task)]
    assert {task.said["name"] for task in asked} == WHERE_THERE_IS_ONE


def test_no_package_is_installed_or_purged_in_a_look() -> None:
    """Without python3-apt the module fails with --check, and without Debian's lists it knows no package: so it is not asked, and another
    task tells what would be done."""
    asked = [task for task in tasks() if _kind(task) == "apt"]
    assert len(asked) >= 6
    assert [task.where for task in asked if _looks(task)] == []
    told = {task.file for task in tasks() if task.said.get("name", "").startswith("Tell ") and task.said.get("changed_when") is True}
    # Of the hub's own package the copying tells.
    assert {task.file for task in asked} - told == {ROLES["hub"] / "tasks" / "package.yml"}


ALWAYS_THERE = {"dpkg-deb", "dpkg-query", "modprobe", "openssl", "sed", "sh", "systemctl"}
"""Programs of each Debian, or of the control host."""


def test_a_look_runs_nothing_that_is_not_there() -> None:
    """What runs with --check too is a program of Debian's own, or is allowed to fail; the hub's own is asked where there has to be one."""
    wrong = []
    for task in tasks():
        if task.said.get("check_mode") is not False:
            continue
        argv = task.arguments["argv"]
        first = argv[0] if isinstance(argv, list) else re.findall(r"'([^']+)'", argv)[0]
        excused = task.said.get("failed_when") is False or NOT_THEN in str(task.said.get("failed_when"))
        has_hub = task.file.name in ("leave.yml", "remove.yml", "replace.yml") and "__hub +" in str(argv)
        wrong += [] if first in ALWAYS_THERE or excused or has_hub else [task.where]
    assert wrong == []


def test_nothing_is_taken_from_what_a_look_skipped() -> None:
    """Of a task that does not run with --check there is no answer: who takes something from it does not run either, or has something that
    stands in."""
    kept = {task.said["register"] for task in tasks() if "register" in task.said and _looks(task)}
    skipped = {name: 0 for name in _registered() if name not in kept}
    assert {"__gateway_garden", "__hub_wanted", "__leave_erased"} <= set(skipped)
    wrong = []
    for task in tasks():
        if "block" in task.said or not _looks(task):
            continue
        said = {key: value for key, value in task.said.items() if key not in (*at.INNER, "until", "changed_when", "failed_when")}
        for text in _texts(said):
            wrong += [f"{task.where}: {name}.{what}" for name, what in _taken(text, skipped, bare=True) if what not in COMMON]
    assert wrong == []


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, key)
    elif isinstance(value, str) and (key in templates.CONDITIONS or "{{" in value):
        yield value if "{{" in value else f"{{{{ {value} }}}}"


# Packages -------------------------------------------------------------------------------------------------------------------------------


def _apt() -> list[Task]:
    """All that needs dpkg's lock: the module, and dpkg itself."""
    return [task for task in tasks() if _kind(task) == "apt" or task.arguments.get("argv", [])[:2] == ["dpkg", "--configure"]]


def _said_to(task: Task) -> dict[str, str]:
    found: dict[str, str] = task.said.get("environment", task.outer.get("environment", {}))
    return found


def test_packages_are_installed_in_english() -> None:
    """The module knows by python3-apt's words that a version is an older one, which it may install all the same: in German it refuses.
    2.14 leaves the language as the machine has it, later releases what LANGUAGE says."""
    probe = (
        "import locale; locale.setlocale(locale.LC_ALL, ''); import apt_pkg; print(apt_pkg.gettext('A later version is already installed'))"
    )

    def words(environment: Mapping[str, str]) -> str:
        done = subprocess.run(("/usr/bin/python3", "-c", probe), env=dict(environment), capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    for task in _apt():
        assert _said_to(task) == {"LC_ALL": "C.UTF-8", "LANGUAGE": "C"}, task.where
    if not words(GERMAN):
        pytest.skip("no python3-apt here (Debian: apt-get install python3-apt)")
    assert "later version" in words({**GERMAN, **_said_to(_apt()[0])})
    if "later version" in words(GERMAN):
        pytest.skip("python3-apt speaks no German here")


def _again(task: Task, result: Mapping[str, Any]) -> bool:
    """Whether Ansible tries a task once more after this result."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - a condition, no page
    environment.tests |= {"failed": lambda one: one.get("failed", False), "search": lambda one, regex: bool(re.search(regex, one))}
    values = {name: value for file in (ROLES.get(task.role, PLAYBOOKS) / "vars").glob("*.yml") for name, value in read(file).items()}
    values |= task.said.get("vars", {})
    return not environment.compile_expression(task.said["until"])(**{**values, task.said["register"]: dict(result)})


BUSY = (
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)",
    "'/usr/bin/apt-get -y install' failed: E: Could not get lock /var/lib/apt/lists/lock - open (11: Resource temporarily unavailable)",
    "Failed to lock apt for exclusive operation: Failed to lock directory /var/lib/apt/lists/: E:Could not get lock",
)
BROKEN = (
    "E: Unable to locate package hotspot-blocklist",
    "dpkg: error processing package hotspot-gateway (--install):\n Job for hotspot-clock.service failed: it is locked",
)


@pytest.mark.parametrize("task", _apt(), ids=lambda task: task.said["name"])
def test_who_else_installs_is_waited_for(task: Task) -> None:
    """unattended-upgrades has dpkg's lock for minutes: the module waits for it with nothing but the lists, before 2.19, and never with a
    file. Any other failure is one at once. Five minutes: the box takes a change back after twenty."""
    assert task.said["retries"] * task.said["delay"] == 300
    for key in ("msg", "stderr") if _kind(task) == "apt" else ("stderr",):
        assert [words for words in BUSY if not _again(task, {"failed": True, key: words})] == []
    assert [words for words in BROKEN if _again(task, {"failed": True, "msg": "dpkg failed", "stderr": words})] == []
    assert not _again(task, {"changed": True})


def _busy(folder: Path, environment: Mapping[str, str]) -> str:
    """What the dpkg that is here says while another process installs."""
    for name in ("info", "updates", "triggers"):
        (folder / name).mkdir()
    for name in ("status", "available", "lock", "lock-frontend"):
        (folder / name).touch()
    held = os.open(folder / "lock-frontend", os.O_RDWR)
    try:
        fcntl.lockf(held, fcntl.LOCK_EX)
        words = ("dpkg", f"--admindir={folder}", "--force-not-root", "--install", str(folder / "none.deb"))
        done = subprocess.run(words, env={**GERMAN, **environment}, capture_output=True, text=True, check=False)
    finally:
        os.close(held)
    assert done.returncode == 2, done.stderr
    return done.stderr


def test_the_words_of_a_busy_dpkg_are_known(tmp_path: Path) -> None:
    """On a machine that speaks German otherwise."""
    (task,) = [task for task in _apt() if task.role == "gateway" and "deb" in task.arguments]
    said = _busy(tmp_path, _said_to(task))
    assert _again(task, {"failed": True, "msg": "dpkg failed", "stderr": said}), said


def test_the_way_back_knows_them_too(tmp_path: Path) -> None:
    """hotspot-change reads in them who installs: it is waited for before the box goes back to its older package."""
    program = (DEPLOY / "packages" / "change" / "hotspot-change").read_text(encoding="utf-8")
    own = dict(re.findall(r"^(LC_ALL|LANGUAGE)=([\w.-]+)", program, re.MULTILINE))
    assert re.search(rf"^export PATH {' '.join(own)}$", program, re.MULTILINE)
    (pattern,) = re.findall(r"holder=\$\(sed -n 's/(.*)/\\1/p'", program)
    said = _busy(tmp_path, own)
    sed = subprocess.run(("sed", "-n", f"s/{pattern}/\\1/p"), input=said, capture_output=True, text=True, check=True)
    assert sed.stdout.strip() == str(os.getpid()), said
