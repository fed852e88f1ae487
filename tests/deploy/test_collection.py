"""The collection by its files: what ansible-lint, yamllint and Ansible itself would say where none of them is installed, and our rules."""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import jinja2
import pytest

from tests.deploy import collection as at
from tests.deploy.collection import COLLECTION, PLAYBOOKS, ROLES, Task, read, tasks
from tests.deploy.expressions import DEPLOY

_MODULES = """
add_host apt apt_key apt_repository assemble assert async_status blockinfile command copy cron debconf debug fail fetch file find get_url
getent group group_by hostname import_playbook import_role import_tasks include_role include_tasks include_vars known_hosts lineinfile meta
package_facts pause ping reboot replace service_facts set_fact set_stats setup shell slurp stat systemd tempfile template unarchive uri user
validate_argument_spec wait_for wait_for_connection
"""
MODULES = {f"ansible.builtin.{name}" for name in _MODULES.split()}
"""Those that ansible-core 2.14 has."""
_MAGIC = """
ansible_facts ansible_check_mode ansible_managed ansible_host ansible_port ansible_user ansible_play_hosts ansible_play_hosts_all
ansible_failed_task ansible_failed_result ansible_version groups group_names hostvars inventory_dir inventory_hostname item lookup now omit
playbook_dir query range role_path
"""
MAGIC = set(_MAGIC.split())
"""Variables that Ansible makes."""
LONGEST = 160
"""Of a line, as ansible-lint has it."""
SECRET = re.compile(r"_(token|password|secret|passphrase|eab_key|dns_key)$")
"""Variables whose value nobody may read; those that end with _key otherwise are paths of files."""
FILE_OF_A_KEY = re.compile(r"^(gateway_key|hub_key|hub_hall_certificates_account_key)$")
MODE = re.compile(r'mode: ("0[0-7]{3}"|"\{\{.*\}\}"|open|owe|owe-transition)')
TOLD_TOKENS = re.compile(r"(enrolment|token)'?, *'?create")
"""Commands that print a secret."""


def test_yaml_that_says_what_it_seems_to_say() -> None:
    """Each key once, a beginning, short lines without blanks at their ends; modes in quotes."""
    wrong = []
    for file in at.files():
        text = file.read_text(encoding="utf-8")
        read(file)
        lines = text.split("\n")
        wrong += [f"{file}: expected --- in the first line"] if lines[0] != "---" else []
        wrong += [f"{file}: expected one end of line at the end"] if lines[-1] or not lines[-2] else []
        wrong += [f"{file}:{number}: too long" for number, line in enumerate(lines, 1) if len(line) > LONGEST]
        wrong += [f"{file}:{number}: blank or tab" for number, line in enumerate(lines, 1) if line != line.rstrip() or "\t" in line]
        wrong += [f"{file}: {found}" for found in re.findall(r"(?<![_\w])mode: .*", text) if not MODE.fullmatch(found)]
        wrong += [f"{file}: {found}" for found in re.findall(r": (?:yes|no|on|off|Yes|No|True|False)$", text, re.MULTILINE)]
    assert wrong == []
    assert len(at.files()) > 30


def test_a_key_that_is_there_twice_is_found(tmp_path: Path) -> None:
    """As the reader of YAML does not find it by itself."""
    (tmp_path / "twice.yml").write_text("---\na: 1\nb: {c: 1, c: 2}\n", encoding="utf-8")
    with pytest.raises(at.Twice, match="c is there twice"):
        read(tmp_path / "twice.yml")


def test_every_task_has_a_name_and_one_module_of_ansible_itself() -> None:
    """No other collection is needed, and a name says what is done: a sentence, a variable only at its end."""
    wrong = []
    for task in tasks():
        modules = [key for key in task.said if key not in at.KEYWORDS]
        block = "block" in task.said
        if len(modules) != (0 if block else 1):
            wrong.append(f"{task.where}: {modules}, expected {'none' if block else 'one'}")
        if not block and (task.module not in MODULES):
            wrong.append(f"{task.where}: {task.module}")
        name = task.said.get("name", "")
        if not re.match(r"[A-Z]", name) or ("}}" in name.rstrip("} ") and not name.endswith("}}")):
            wrong.append(f"{task.where}: name")
    assert wrong == []
    assert len(tasks()) > 100


def test_names_within_a_file_are_different() -> None:
    """What a log of many lines names is found in the file."""
    seen = Counter((task.file, task.play.get("name"), task.said.get("name")) for task in tasks())
    assert [str(key) for key, times in seen.items() if times > 1] == []


def test_who_is_notified_is_there() -> None:
    """Every handler has somebody who calls it."""
    wrong = []
    for role in ROLES:
        own = [task for task in tasks() if task.role == role]
        called = {name for task in own for said in _listed(task.said.get("notify")) for name in _names(said)}
        handlers = {name for task in own if task.file.parent.name == "handlers" and task.module for name in _called(task)}
        wrong += [f"{role}: {name} is no handler" for name in called - handlers]
        wrong += [f"{role}: nobody notifies {name}" for name in handlers - called if not {name} <= called]
    assert wrong == []


def _names(said: str) -> list[str]:
    """Handlers that a task may notify; a template has their names in quotes."""
    return list(re.findall(r"'([A-Z][^']*)'", said)) if "{{" in said else [said]


def _called(task: Task) -> list[str]:
    """The name that a handler goes by."""
    return _listed(task.said.get("listen")) or [task.said["name"]]


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def test_files_that_are_copied_or_filled_in_are_there() -> None:
    """Templates, files, tasks of other files, entries of roles."""
    wrong = []
    for task in tasks():
        kind, where = task.module.rpartition(".")[2], ROLES.get(task.role, PLAYBOOKS)
        if kind in ("import_role", "include_role"):
            role = task.arguments["name"].rpartition(".")[2]
            place = DEPLOY / "ansible_collections/hotspot/hall/roles" / role / "tasks" / f"{task.arguments.get('tasks_from', 'main')}.yml"
        elif kind in ("import_tasks", "include_tasks"):
            place = task.file.parent / (task.arguments.get("file") or task.arguments["cmd"])
        elif kind in ("template", "copy") and not task.arguments.get("remote_src") and "{{" not in task.arguments.get("src", "{{"):
            place = where / ("templates" if kind == "template" else "files") / task.arguments["src"]
        else:
            continue
        wrong += [] if place.exists() else [f"{task.where}: {place}"]
    assert wrong == []


def test_no_template_is_left_over() -> None:
    """Each is named by a task."""
    named = json.dumps([task.said for task in tasks()])
    left = [path for role in ROLES.values() for path in (role / "templates").rglob("*.j2")]
    assert [path for path in [*left, *(PLAYBOOKS / "templates").glob("*")] if path.name not in named] == []


def test_names_of_variables_say_whose_they_are() -> None:
    """gateway_ for the inventory, _gateway_ for the role, __gateway_ for what was found on the way."""
    wrong = []
    for role, folder in ROLES.items():
        wrong += [name for name in read(folder / "defaults" / "main.yml") if not name.startswith(f"{role}_")]
        wrong += [name for file in (folder / "vars").glob("*.yml") for name in read(file) if not name.startswith(f"_{role}_")]
    for task in tasks():
        mine = f"__{task.role}_" if task.role else "__"
        made = [*_made(task), *(name for name in task.said.get("vars", {}) if not name.startswith(mine[1:]))]
        allowed = (mine, "gateway_replaces", "gateway_hub_token") if not task.role else (mine,)
        wrong += [f"{task.where}: {name}" for name in made if not name.startswith(allowed)]
    assert wrong == []


def _made(task: Task) -> list[str]:
    """Variables that a task leaves behind, or has while it loops."""
    control = task.said.get("loop_control") or {}
    made = [task.said.get("register"), control.get("loop_var"), control.get("index_var")]
    return [name for name in made if name] + [name for name in task.arguments if task.module.endswith("set_fact") and name != "cacheable"]


@pytest.mark.parametrize("role", ROLES)
def test_variables_of_a_role_are_declared(role: str) -> None:
    """In tasks, handlers, variables and templates: a setting, one of its own, or one that was found on the way."""
    folder, own = ROLES[role], [task for task in tasks() if task.role == role]
    declared = set(read(folder / "defaults" / "main.yml")) | MAGIC
    values = [read(file) for file in sorted((folder / "vars").glob("*.yml"))] + [read(folder / "defaults" / "main.yml")]
    declared |= {name for one in values for name in one}
    declared |= {name for task in own for name in [*_made(task), *task.said.get("vars", {})]}
    used = {name: task.where for task in own for name in at.used(dict(task.said))}
    used |= {name: f"{role}: vars or defaults" for one in values for name in at.used(one)}
    for path in sorted((folder / "templates").rglob("*.j2")):
        used |= dict.fromkeys(at.named(path.read_text(encoding="utf-8")), path.name)
    assert {name: where for name, where in used.items() if name not in declared} == {}


@pytest.mark.parametrize("file", sorted(PLAYBOOKS.glob("*.yml")), ids=lambda path: path.stem)
def test_variables_of_a_playbook_are_declared(file: Path) -> None:
    """A role's, one of its own, or one that is typed behind -e, and then the head of the file says so."""
    plays, roles = at.plays(file), {name for role in ROLES.values() for name in read(role / "defaults" / "main.yml")}
    own = [task for task in tasks() if task.file == file or task.file.parent == PLAYBOOKS / "tasks"]
    beside = {name: value for play in plays for path in play.get("vars_files", []) for name, value in read(PLAYBOOKS / path).items()}
    settings = [beside, *(play.get("vars", {}) for play in plays)]
    declared = MAGIC | roles | {name for one in settings for name in one}
    declared |= {name for task in own for name in [*_made(task), *task.said.get("vars", {})]}
    used = at.used([{key: value for key, value in play.items() if key not in at.LISTS} for play in plays]) | at.used(settings)
    used |= {name for task in own if task.file == file for name in at.used(dict(task.said))}
    head = file.read_text(encoding="utf-8").partition("\n- ")[0]
    assert [name for name in sorted(used - declared) if f"-e {name}=" not in head] == []


@pytest.mark.parametrize("role", ROLES)
def test_settings_and_what_is_said_of_them(role: str) -> None:
    """Every default is described, with the same value, and everything described has one; what has to be given has an empty one."""
    options, defaults = at.options(role), read(ROLES[role] / "defaults" / "main.yml")
    assert sorted(options) == sorted(defaults)
    wrong = []
    for name, spec in options.items():
        if spec.get("required"):
            wrong += [f"{name}: required, default {defaults[name]!r}"] if "default" in spec or defaults[name] not in ("", [], {}) else []
        elif "default" in spec:
            wrong += [f"{name}: {spec['default']!r}, {defaults[name]!r}"] if spec["default"] != defaults[name] else []
        elif defaults[name] not in ("", [], {}) and "{{" not in str(defaults[name]) and not isinstance(defaults[name], dict):
            wrong.append(f"{name}: default {defaults[name]!r} is not said")
        wrong += [f"{name}: no description"] if not spec.get("description") else []
    assert wrong == []


def test_secrets_are_in_no_output() -> None:
    """Tasks that have a token, a password or a key in their hands say nothing, neither in the log nor as a difference."""
    wrong = []
    for task in tasks():
        arguments = {key: value for key, value in task.arguments.items() if key != "that"}
        kind, source = task.module.rpartition(".")[2], str(task.arguments.get("src", ""))
        text = json.dumps([arguments, task.said.get("loop")])
        if kind == "template" and "{{" not in source:
            text += (ROLES.get(task.role, PLAYBOOKS) / "templates" / source).read_text(encoding="utf-8")
        names = _shown(text)
        secret = any(SECRET.search(name) for name in names) or bool(TOLD_TOKENS.search(text))
        secret |= kind in ("copy", "template", "slurp") and any(FILE_OF_A_KEY.match(name) for name in names)
        if secret and task.said.get("no_log", task.outer.get("no_log")) is not True:
            wrong.append(task.where)
    assert wrong == []


def test_a_command_with_a_secret_fails_in_words() -> None:
    """What hides a secret hides the reason too: it is the next task that fails, with what the command said of itself."""
    found = [task for task in tasks() if task.module.endswith(".command") and task.said.get("no_log")]
    wrong = []
    for task in found:
        others = json.dumps([one.arguments for one in tasks() if one.file == task.file and one.module.endswith(".assert")])
        wrong += [] if task.said.get("failed_when") is False and f"{task.said['register']}" in others else [task.where]
    assert wrong == []
    assert len(found) == 4


def _shown(text: str) -> set[str]:
    """Variables whose value a text would show: not those that are only looked at, whether there is one."""
    inner = " ".join(re.findall(r"\{\{.*?\}\}", text, re.DOTALL))
    inner = re.sub(r"\bif \w+(?= else|\b(?: and| or))|\w+ \| length", "", inner)
    return set(re.findall(r"\b[a-z_]\w+", inner))


def test_commands_say_when_they_change_something() -> None:
    """Else a second run would never be quiet. Through a shell only what needs one."""
    commands = [task for task in tasks() if task.module.endswith((".command", ".shell", ".script"))]
    said = ("changed_when", "creates", "removes")
    wrong = [task.where for task in commands if not any(key in task.said or key in task.arguments for key in said)]
    shells = [task for task in commands if task.module.endswith(".shell")]
    wrong += [task.where for task in shells if not re.search(r"[|><;&*$]", str(task.arguments))]
    assert wrong == []
    assert len(commands) > 20


def test_nothing_is_ignored_and_nothing_is_just_the_latest() -> None:
    """A failure is one, unless a task says which; a version is what the inventory names; root is asked for by the play alone."""
    wrong = []
    for task in tasks():
        wrong += [task.where] if task.said.get("ignore_errors") or task.arguments.get("state") == "latest" else []
        away = task.said.get("delegate_to", task.outer.get("delegate_to")) == "localhost"
        if task.said.get("become") is True:
            wrong.append(f"{task.where}: become")
        if away and task.file.parts[-2] != "playbooks" and task.said.get("become", task.outer.get("become")) is not False:
            wrong.append(f"{task.where}: on the control host as root")
    assert wrong == []


# Playbooks --------------------------------------------------------------------------------------------------------------------------


def test_plays_are_for_groups_that_the_inventory_has() -> None:
    """And each has a name."""
    groups = {group for said in at.hosts().values() for group in said["groups"]} | {"localhost"}
    wrong = []
    for file in sorted(PLAYBOOKS.glob("*.yml")):
        for play in at.plays(file):
            hosts = re.split(r":[&!]?", re.sub(r"partner_\{\{.*?\}\}", "partner_kleinheim", play.get("hosts", "localhost")))
            wrong += [f"{file.name}: {play}" for host in hosts if host not in groups and "{{" not in host]
            wrong += [f"{file.name}: no name"] if not re.match(r"[A-Z]", play.get("name", "")) else []
            if "ansible.builtin.import_playbook" in play:
                assert (PLAYBOOKS / play["ansible.builtin.import_playbook"]).exists()
    assert wrong == []


def test_a_hall_that_went_back_stops_the_others() -> None:
    """The canary by itself, then one hall after the other, and the first failure ends it."""
    _, canary, others = at.plays(PLAYBOOKS / "gateways.yml")
    assert (canary["hosts"], canary["serial"], canary["max_fail_percentage"]) == ("gateways:&canary", 1, 0)
    assert (others["hosts"], others["serial"], others["max_fail_percentage"]) == ("gateways:!canary", "{{ at_once | default(1) }}", 0)
    assert canary["roles"] == others["roles"] == [{"role": "hotspot.hall.gateway"}]


def test_what_a_town_leaves_behind_is_wiped() -> None:
    """Every folder and file that the gateway's role writes on a box, but its line and the way of the IT staff, is found by the wiping."""
    own = [task for task in tasks() if task.file.name == "wipe.yml"]
    (find,) = [task.arguments for task in own if task.module.endswith(".find") and "/var/lib" in task.arguments["paths"]]
    values = read(ROLES["gateway"] / "vars" / "main.yml")
    written = {
        str(task.arguments.get("dest") or task.arguments.get("path")) for task in tasks() if task.role == "gateway" and _writes(task)
    }
    left = []
    for path in written:
        place = path
        while place != (place := re.sub(r"\{\{ (_gateway_\w+) \}\}", lambda found: str(values.get(found[1], found[1])), place)):
            pass
        parts = Path(place).parts
        wiped = any(str(Path(*parts[:end])) in find["paths"] and "hotspot" in parts[end] for end in range(1, len(parts)))
        if not wiped and not place.startswith(KEPT) and place != "{{ item }}":
            left.append(place)
    assert left == []


KEPT = (
    *("/etc/systemd/network/20-hotspot-", "/etc/resolv.conf", "/etc/network/interfaces", "/etc/radvd.conf", "/etc/localtime"),
    "/etc/timezone",
)
"""What a wiped box still has, or what is looked for by itself: the networks. No secret and nothing of visitors is in these."""


def _writes(task: Task) -> bool:
    """A file or a folder that stays."""
    return task.module.rpartition(".")[2] in ("copy", "template", "file", "lineinfile") and task.arguments.get("state") not in (
        "absent",
        "directory",
    )


def test_a_look_changes_nothing() -> None:
    """Every task of status.yml only looks, also with --check, and fails for nothing that it finds."""
    looking = {"debug", "find", "stat", "command", "setup", "meta"}
    own = [task for task in tasks() if task.file.name == "status.yml"]
    assert {task.module.rpartition(".")[2] for task in own} <= looking
    for task in own:
        if task.module.endswith(".command"):
            assert (task.said["changed_when"], task.said["failed_when"], task.said["check_mode"]) == (False, False, False)


# The whole ------------------------------------------------------------------------------------------------------------------------------


def test_the_collection_is_of_the_product() -> None:
    """Its version, its licence, and the Ansible that Debian 12 has."""
    galaxy = read(COLLECTION / "galaxy.yml")
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (galaxy["version"], galaxy["license"]) == (project["version"], [project["license"]])
    assert (galaxy["namespace"], galaxy["name"]) == (COLLECTION.parent.name, COLLECTION.name)
    assert read(COLLECTION / "meta" / "runtime.yml") == {"requires_ansible": ">=2.14.0"}
    for role in ROLES.values():
        about = read(role / "meta" / "main.yml")
        assert (about["galaxy_info"]["license"], about["galaxy_info"]["min_ansible_version"]) == (project["license"], "2.14")
        assert about["dependencies"] == []


@pytest.mark.parametrize(
    "text", ["{{ a | ansible.utils.ipaddr }}", "{{ a | to_toml }}", "{{ a is ansible.utils.in_network }}", "{{ a | first( }}"]
)
def test_what_ansible_has_not_is_found(text: str) -> None:
    """Filters and tests of other collections, and what is no expression."""
    with pytest.raises(jinja2.TemplateError):
        at.named(text)


def test_variables_are_found_where_they_are_used() -> None:
    """In texts with braces, in conditions without, deep inside; not those that a template makes itself."""
    task = {"when": ["a | length > 0", "b is defined"], "vars": {"x": "{{ c }}"}, "loop": "{{ d }}", "args": {"e": "f {{ g.h }}"}}
    assert at.used(task) == {"a", "b", "c", "d", "g"}
    assert at.named("{% for one in many %}{% set two = one %}{{ two }}{% endfor %}") == {"many"}
