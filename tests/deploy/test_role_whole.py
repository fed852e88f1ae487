"""The gateway role against itself: what is named is there, what is there is used, and what can be set is said with its default."""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.nativetypes import NativeEnvironment

from hotspot.cli_visit import visit
from tests.deploy.expressions import read_yaml
from tests.deploy.machines.rendered import ROLE, plugin

DEFAULTS: dict[str, Any] = read_yaml(ROLE / "defaults" / "main.yml")
OPTIONS: dict[str, Any] = read_yaml(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
VARS: dict[str, Any] = read_yaml(ROLE / "vars" / "main.yml")
TASKS = sorted((ROLE / "tasks").glob("*.yml"))
HANDLERS: list[dict[str, Any]] = read_yaml(ROLE / "handlers" / "main.yml")
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in (*TASKS, *(ROLE / "templates").iterdir(), ROLE / "handlers" / "main.yml")}
ALL = "\n".join([*TEXTS.values(), (ROLE / "vars" / "main.yml").read_text(encoding="utf-8")])


def words(value: Any) -> list[str]:
    """One or several."""
    return value if isinstance(value, list) else [value] if value else []


def tasks(of: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those in blocks too, with the conditions of their block."""
    for task in of:
        yield task
        for part in ("block", "rescue", "always"):
            for inner in tasks(task.get(part) or []):
                yield {**inner, "when": [*words(inner.get("when")), *words(task["when"])]} if "when" in task else inner


STEPS = [(path.name, task) for path in TASKS for task in tasks(read_yaml(path))]


def module(task: dict[str, Any]) -> tuple[str, Any]:
    """Its name without the collection, and what it is told."""
    (found,) = [(key, value) for key, value in task.items() if key.startswith("ansible.builtin.")]
    return found[0].removeprefix("ansible.builtin."), found[1]


def test_every_setting_is_said_with_its_default() -> None:
    """The same keys; who is required has an empty default, which the preflight refuses; all others the same in both places."""
    assert sorted(DEFAULTS) == sorted(OPTIONS)
    for name, option in OPTIONS.items():
        if option.get("required"):
            assert ("default" in option, bool(DEFAULTS[name])) == (False, False), name
        else:
            assert option["default"] == DEFAULTS[name], name


def options(of: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of dictionaries in lists too."""
    for name, option in of.items():
        yield name, option
        yield from options(option.get("options") or {})


def test_every_argument_has_a_type_and_a_sentence() -> None:
    """And a list says of what, a dictionary of which keys; what is a choice by default is one."""
    types = {"str", "int", "bool", "list", "dict"}
    for name, option in options(OPTIONS):
        assert option["type"] in types, name
        assert option["description"], name
        assert (option["type"] == "list") == ("elements" in option), name
        assert (option["type"] == "dict" or option.get("elements") == "dict") == ("options" in option), name
        assert "choices" not in option or option.get("default", option["choices"][0]) in option["choices"], name
    kinds = {str: "str", int: "int", bool: "bool", list: "list", dict: "dict"}
    assert {name for name, value in DEFAULTS.items() if OPTIONS[name]["type"] != kinds[type(value)]} == set()


def test_an_empty_way_of_the_staff_passes_the_arguments() -> None:
    """A dictionary that is empty is asked for its required keys, too: so none is required of one that may be empty."""
    for name, option in OPTIONS.items():
        if option["type"] == "dict" and DEFAULTS[name] == {}:
            assert [key for key, part in option["options"].items() if part.get("required")] == []


def test_what_is_named_is_declared() -> None:
    """Settings in defaults, the role's own in vars, what tasks find out where they find it."""
    named = set(re.findall(r"(?<![\w.])(_{0,2}gateway_[a-z0-9_]+)", ALL))
    found = {str(task["register"]) for task in (*(task for _, task in STEPS), *HANDLERS) if "register" in task}
    found |= {str(name) for _, task in STEPS for name in {**task.get("vars", {})}}
    found |= {str(task["loop_control"]["index_var"]) for _, task in STEPS if "index_var" in task.get("loop_control", {})}
    found |= {str(name) for _, task in STEPS if "ansible.builtin.set_fact" in task for name in task["ansible.builtin.set_fact"]}
    assert {name for name in named if not name.startswith("_")} <= set(DEFAULTS)
    assert {name for name in named if re.match("_[^_]", name)} <= set(VARS)
    assert {name for name in named if name.startswith("__")} <= found
    assert {name for name in found if not name.startswith("__gateway_")} == set()
    assert {name for name in VARS if not name.startswith("_gateway_")} == set()


def test_nothing_is_declared_for_nothing() -> None:
    """Each setting and each of the role's own is named by a task, a template, or another of its own."""
    assert {name for name in (*DEFAULTS, *VARS) if len(re.findall(rf"(?<!\w){name}(?!\w)", ALL)) < (2 if name in VARS else 1)} == set()


def test_all_settings_but_the_token_are_looked_at() -> None:
    """What the preflight is given is every setting; a token is not, as what is wrong is printed."""
    assert set(VARS["_gateway_given"]) == set(DEFAULTS) - {"gateway_hub_token"}
    assert {name: value for name, value in VARS["_gateway_given"].items() if value != f"{{{{ {name} }}}}"} == {}


def test_every_template_is_used_and_there() -> None:
    """And so is every file of tasks."""
    wanted = {arguments["src"] for _, task in STEPS if "block" not in task for kind, arguments in [module(task)] if kind == "template"}
    assert wanted == {path.name for path in (ROLE / "templates").iterdir()}
    called = {str(arguments) for _, task in STEPS if "block" not in task for kind, arguments in [module(task)] if kind.endswith("_tasks")}
    assert {"main.yml", *called} == {path.name for path in TASKS}


def test_every_handler_is_notified_and_every_notice_heard() -> None:
    """In the order that they have to run in: guard, network, firewall, portal, and then those that need them."""
    notified = {name for _, task in STEPS for name in words(task.get("notify"))}
    names = [handler["name"] for handler in HANDLERS]
    assert notified == set(names)
    order = ["Read the units again", "Restart the guard", "Reload the network", "Restart the firewall", "Restart the portal"]
    assert names[: len(order)] == order


def test_handlers_run_where_their_failure_is_caught() -> None:
    """Each notice is followed by a flush within the block that goes back: none is left for the end of the play, where nothing is caught."""
    (block,) = [task for task in read_yaml(ROLE / "tasks" / "main.yml") if "block" in task]
    files = [module(task)[1] for task in block["block"]]
    assert [module(task)[1] for task in block["rescue"]] == ["back.yml"]
    last = max(index for index, name in enumerate(files) if any(task.get("notify") for file, task in STEPS if file == name))
    flushing = [index for index, name in enumerate(files) if "meta: flush_handlers" in TEXTS[name]]
    assert flushing[-1] > last
    outside = [name for name in TEXTS if name not in (*files, "stale.yml", "former.yml", "links.yml", "main.yml")]
    assert [task for file, task in STEPS if file in outside and task.get("notify")] == []


def test_a_handler_that_fails_leads_back() -> None:
    """By the task after the flush: with ansible-core 2.14 the block's rescue is left out when a handler fails, and later ones do not say
    which it was. The network is not reloaded where the guard could not be told of it."""
    kept = [handler["register"] for handler in HANDLERS]
    assert len(set(kept)) == len(HANDLERS)
    for handler in HANDLERS:
        assert handler["failed_when"] is False, handler["name"]
        assert handler["register"] in VARS["_gateway_unrestarted"], handler["name"]
    flushed = [
        (read_yaml(path)[index + 1], task)
        for path in TASKS
        for index, task in enumerate(read_yaml(path))
        if task.get("ansible.builtin.meta") == "flush_handlers"
    ]
    assert len(flushed) == 2
    for after, _ in flushed:
        assert (after["ansible.builtin.assert"]["that"], after["when"]) == ("_gateway_unrestarted == []", "not ansible_check_mode")
        assert "_gateway_unrestarted" in after["ansible.builtin.assert"]["fail_msg"]
    environment = NativeEnvironment(undefined=jinja2.StrictUndefined)
    said: Callable[..., Any] = environment.from_string(VARS["_gateway_unrestarted"]).render
    dead = {"failed": False, "msg": "Unable to restart service x.service: y"}
    well = {"state": "started", "changed": True}
    skipped = {"skipped": True, "skip_reason": "Conditional result was False"}
    assert said() == []
    assert said(**dict.fromkeys(kept, well) | {"__gateway_restart_network": {"rc": 0, "stderr": "", "msg": ""}}) == []
    assert said(__gateway_restart_guard=skipped, __gateway_restart_names={"results": [well], "msg": "All items completed"}) == []
    several = {"results": [well, dead]}
    for name in kept:
        if name == "__gateway_restart_network":
            assert said(**{name: {"rc": 1, "stderr": "no bus", "msg": "non-zero return code"}}) == ["networkctl reload: no bus"]
        else:
            assert said(**{name: several if name.endswith(("_names", "_radios")) else dead}) == [dead["msg"]], name
    (network,) = [handler for handler in HANDLERS if handler["name"] == "Reload the network"]
    reloads = environment.compile_expression(network["when"])
    assert (reloads(), reloads(__gateway_restart_guard=well), reloads(__gateway_restart_guard=dead)) == (True, True, False)


def test_a_way_back_is_opened_before_anything_changes_and_closed_at_the_end() -> None:
    """Preflight, the package, begin; then, in one block, everything else up to health and keep."""
    main = read_yaml(ROLE / "tasks" / "main.yml")
    assert [module(task)[1] for task in main if "block" not in task] == ["preflight.yml", "bring.yml", "begin.yml"]
    files = [module(task)[1] for task in main[-1]["block"]]
    assert files[:3] == ["install.yml", "configure.yml", "network.yml"]
    assert files[-3:] == ["enrol.yml", "health.yml", "keep.yml"]
    for name, verb in (("begin.yml", "begin"), ("health.yml", "check"), ("keep.yml", "keep"), ("back.yml", "back")):
        task = next(task for file, task in STEPS if file == name and "_gateway_change" in str(task.get("ansible.builtin.command")))
        argv = task["ansible.builtin.command"]["argv"]
        # Back goes the copy that was made before, where there is one: the program itself came with what is taken back.
        wanted = 'test ! -e "$1" || exec sh "$1" back; exec "$2" back' if verb == "back" else verb
        assert (wanted in argv, "{{ _gateway_change }}" in argv) == (True, True)
        assert "not ansible_check_mode" in task["when"]


def test_the_preflight_changes_nothing() -> None:
    """It looks, and asserts."""
    kinds = {module(task)[0] for file, task in STEPS if file == "preflight.yml"}
    assert kinds == {"assert", "command", "stat"}
    # `gateway_hub_token:` with nothing behind it has no length, which would be found out in the middle of the change.
    (token,) = [task for file, task in STEPS if file == "preflight.yml" and task["name"] == "The token is one, or the hub is asked"]
    assert token["ansible.builtin.assert"]["that"] == "gateway_hub_token is not none"
    looks = [task for file, task in STEPS if file == "preflight.yml" and "ansible.builtin.command" in task]
    assert {(task["changed_when"], task["check_mode"]) for task in looks} == {(False, False)}


def test_services_are_left_alone_by_check() -> None:
    """On a bare host there is none yet, and the module refuses what it does not find."""
    for file, task in [*STEPS, *(("handlers", handler) for handler in HANDLERS)]:
        asked = task.get("ansible.builtin.systemd")
        if asked and asked != {"daemon_reload": True}:
            assert "not ansible_check_mode" in str(task["when"]), (file, task["name"])


def test_what_is_secret_is_not_shown() -> None:
    """Tokens, and what holds keys."""
    for name in ("Key of the portal", "Key of the test visits", "Ask the hub for a token", "Show the token to the hub"):
        (task,) = [task for _, task in STEPS if task["name"] == name]
        assert task["no_log"] is True
    shown = [task["name"] for _, task in STEPS if "gateway_hub_token }}" in str(task) and not task.get("no_log") and "block" not in task]
    assert shown == []


def test_modules_are_of_every_release_that_is_supported() -> None:
    """ansible-core 2.14 has no systemd_service; modes are text, as numbers are read otherwise than they look."""
    for _, task in STEPS:
        if "block" in task:
            continue
        kind, arguments = module(task)
        assert kind != "systemd_service"
        if kind in ("copy", "template"):
            assert re.fullmatch("0[0-7]{3}", arguments["mode"]), task["name"]
            assert {"owner", "group"} <= set(arguments), task["name"]


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(ROLE) for path in ROLE.rglob("*") if path.is_file() and path.suffix != ".md"), ids=str
)
def test_lines_are_short(path: Path) -> None:
    """As everywhere in this project."""
    assert [line for line in (ROLE / path).read_text(encoding="utf-8").splitlines() if len(line) > 140] == []


def test_options_of_a_visit_are_those_that_there_are() -> None:
    """Each that the preflight lets through is one of `hotspot visit`, with a value or without as there."""
    there = {name: 0 if getattr(option, "is_flag", False) else 1 for option in visit.params for name in option.opts}
    known: dict[str, int] = plugin("misfits")["misfits"].__globals__["VISIT"]
    assert {name: there.get(name) for name in known} == known
    # Not for a timer: where the unit itself says them, and what is for people or another kind of output.
    assert set(there) - set(known) == {"--here", "--plug", "--settings", "--looks", "--json", "--nagios"}


def test_the_last_look_is_of_the_hall_as_it_is_now() -> None:
    """At the end, when no change is pending: else hub and status show what was wrong before, for up to an hour. Others say whether
    something is amiss, so it fails nothing."""
    look = [task for file, task in STEPS if file == "keep.yml"][-2]
    assert look["ansible.builtin.command"]["argv"] == ["systemctl", "start", "hotspot-doctor.service"]
    assert (look["changed_when"], look["failed_when"], look["when"]) == (False, False, "gateway_doctor | bool and not ansible_check_mode")


def test_nobody_looks_before_the_hub_knows_the_box() -> None:
    """Timers of visits and looks start after the enrolment, all other services before it; together they are all that is wanted."""
    loops = {file: task["loop"] for file, task in STEPS if "_gateway_optional | list" in str(task.get("loop"))}
    assert set(loops) == {"services.yml", "health.yml"}
    assert "reject('search', 'timer$')" in loops["services.yml"]
    assert "select('search', 'timer$')" in loops["health.yml"]


def test_whoever_asked_for_addresses_before_ends() -> None:
    """On the line and towards the IT staff: Debian 12's client by its file, and Debian 13's, which is known by the interface or by that and
    what it asks for. Of a box that none of them runs on, nothing is asked."""
    environment = NativeEnvironment(undefined=jinja2.StrictUndefined)
    environment.filters["product"] = lambda *lists: list(itertools.product(*lists))
    given = {"gateway_wan": {"interface": "enp1s0"}, "gateway_management": {"interface": "enp3s0"}}

    def worked_out(value: Any, **more: Any) -> Any:
        return (
            [worked_out(one, **more) for one in value]
            if isinstance(value, list)
            else environment.from_string(value).render(**given, **more)
        )

    given["_gateway_set_up"] = worked_out(VARS["_gateway_set_up"])
    ended = {}
    for task in read_yaml(ROLE / "tasks" / "former.yml"):
        if "loop" in task:
            for item in worked_out(task["loop"]):
                said = task["ansible.builtin.command"]
                ended[worked_out(said["removes"], item=item)] = " ".join(worked_out(said["argv"], item=item))
    assert ended == {
        f"/run/{file.format(interface)}.pid": words.format(interface)
        for interface in ("enp1s0", "enp3s0")
        for file, words in (
            ("dhclient.{}", "dhclient -x -pf /run/dhclient.{}.pid"),
            ("dhcpcd/{}", "dhcpcd --exit {}"),
            ("dhcpcd/{}-4", "dhcpcd --exit -4 {}"),
            ("dhcpcd/{}-6", "dhcpcd --exit -6 {}"),
        )
    }
