"""What ansible-core 2.14 (Debian 12) and 2.19 (Debian 13) read in the same way; neither of them is installed where the tests run."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import jinja2
import pytest
from jinja2 import nodes
from jinja2.nativetypes import NativeEnvironment

from tests.deploy import collection as at
from tests.deploy import templates
from tests.deploy.collection import COLLECTION, PLAYBOOKS, ROLES, parsed, read, tasks

FILTERS = COLLECTION / "plugins" / "filter"


def test_conditions_are_true_or_false() -> None:
    """A text, a list or a number is none for 2.19, and braces in one are wrong in both."""
    wrong = []
    for task in tasks():
        for key, text in templates.conditions(task.said, task.module):
            # A backslash is doubled between braces and not in a condition.
            if "{{" in text or "{%" in text or "\\" in text or not templates.is_truth(templates.expression(text)):
                wrong.append(f"{task.where}: {key}: {text}")
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("gateway_visitor", False),
        ("gateway_visitor and not ansible_check_mode", False),
        ("gateway_visitor | bool and not ansible_check_mode", True),
        ("name | length", False),
        ("name | length > 0", True),
        ("a == 1 if b is defined else c", False),
        ("x.stat.exists", True),
        ("x.exists", False),
        ("given | default(false)", False),
        ("not anything", True),
    ],
)
def test_what_is_no_condition_is_found(text: str, is_one: bool) -> None:
    """Names and filters are of any type; comparisons, tests, ``not`` and ``| bool`` are of one."""
    assert templates.is_truth(templates.expression(text)) is is_one


def _is_filter_bool(found: nodes.Node) -> bool:
    return isinstance(found, nodes.Filter) and found.name == "bool"


def test_settings_that_are_true_or_false_are_asked_through_bool() -> None:
    """``-e gateway_visitor=false`` is a text, which is true."""
    truths = {name for role in ROLES for name, option in at.options(role).items() if option["type"] == "bool"}
    assert {"gateway_visitor", "hub_pdf"} <= truths
    handed_on = {f"{{{{ {name} }}}}" for name in truths}
    wrong = []
    for where, text in templates.texts():
        found = templates.outside(
            templates.parsed(text), lambda node: isinstance(node, nodes.Name) and node.name in truths, _is_filter_bool
        )
        wrong += [f"{where}: {text}" for _ in found if text not in handed_on]
    assert wrong == []


def test_who_does_it_is_never_nobody() -> None:
    """From 2.16 on an empty delegate_to is an error, also where `when` is false: without a hub it is the hall itself."""
    files = {**read(PLAYBOOKS / "vars" / "hub.yml"), **read(ROLES["gateway"] / "vars" / "main.yml")}
    values = {**files, **read(ROLES["monitoring"] / "vars" / "main.yml")}
    asked = {task.said["delegate_to"] for task in tasks() if task.said.get("delegate_to", "localhost") != "localhost"}
    assert len(asked) >= 3
    for groups, wanted in (({}, "hall"), ({"hub": []}, "hall"), ({"hub": ["center"]}, "center")):
        assert {_rendered(text, {**values, "groups": groups, "inventory_hostname": "hall"}) for text in asked} == {wanted}


def _rendered(text: str, values: Mapping[str, Any]) -> Any:
    """With the variables that it is made of, as many as it takes."""
    environment = NativeEnvironment(undefined=jinja2.StrictUndefined)
    while "{{" in str(text):
        names = at.named(text)
        text = environment.from_string(text).render({name: _rendered(values[name], values) for name in names})
    return text


def test_the_arguments_of_an_entry_are_looked_at() -> None:
    """Ansible finds them by what is written behind tasks_from: with `.yml` it finds none and says nothing (ansible/ansible issue 75456)."""
    called = {}
    for task in tasks():
        if task.module.endswith("_role"):
            assert not task.arguments["tasks_from"].endswith((".yml", ".yaml")), task.where
            called[task.arguments["tasks_from"]] = task.arguments["name"].rpartition(".")[2]
    assert called == {"preflight": "gateway", "bring": "gateway"}
    specs = read(ROLES["gateway"] / "meta" / "argument_specs.yml")["argument_specs"]
    assert specs["preflight"]["options"] == specs["main"]["options"]
    for role, folder in ROLES.items():
        entries = read(folder / "meta" / "argument_specs.yml")["argument_specs"]
        assert [name for name in entries if not (folder / "tasks" / f"{name}.yml").exists()] == [], role


def test_of_another_host_one_variable_is_taken_not_all() -> None:
    """All of them as a value: 2.14 writes it down as text and reads that, 2.19 wants each of them to be defined, facts too."""
    wrong = []
    for where, text in templates.texts():
        whole = templates.outside(
            templates.parsed(text),
            lambda node: isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and node.node.name == "hostvars",
            lambda node: isinstance(node, nodes.Getattr | nodes.Getitem),
        )
        wrong += [where for node in whole if isinstance(node, nodes.Getitem) and node.arg != nodes.Name("inventory_hostname", "load")]
        wrong += [where for _ in re.finditer(r"hostvars\[[^]]+\][.]ansible_(?!play)", text)]
    assert wrong == []


def test_what_a_command_said_is_read_when_it_said_something() -> None:
    """Else the error that is shown is that of the reading."""
    wrong = []
    for task in tasks():
        for key, text in templates.conditions(task.said, task.module):
            if "from_json" in text and key in ("changed_when", "failed_when", "until"):
                wrong += [] if re.search(r"[.]rc == 0 and|default\(\"\[\]\", true\)", text) else [f"{task.where}: {key}"]
    assert wrong == []


def test_what_is_shown_to_a_town_is_written_also_when_no_box_was_reached() -> None:
    """Ansible ends a run after a play in which no host is left: the hub is in the play of the boxes, and does nothing there."""
    *_, boxes, shown = at.plays(PLAYBOOKS / "leave.yml")
    assert shown["hosts"] == "hub"
    assert boxes["hosts"].startswith("hub:partner_")
    first = boxes["tasks"][0]
    assert (first["ansible.builtin.meta"], first["when"]) == ("end_host", 'inventory_hostname in groups["hub"]')
    assert boxes["gather_facts"] is False


def test_the_hub_is_looked_at_also_when_no_hall_was_reached() -> None:
    """For the same reason."""
    halls, hub = at.plays(PLAYBOOKS / "status.yml")
    assert (halls["hosts"], hub["hosts"]) == ("gateways:hub", "hub")
    first = halls["tasks"][0]
    assert (first["ansible.builtin.meta"], first["when"]) == ("end_host", 'inventory_hostname not in groups["gateways"] | default([])')


def test_halls_after_one_that_went_back_or_fell_silent_are_not_touched() -> None:
    """Several at a time: Ansible counts neither who is unreachable nor who dropped out before, so each batch looks for itself."""
    *_, others = at.plays(PLAYBOOKS / "gateways.yml")
    first = others["pre_tasks"][0]
    assert "__gateways_open" in first["ansible.builtin.assert"]["that"]
    halls = {
        "kept": {"__gateway_begun": True, "__gateway_kept": True},
        "back": {"__gateway_begun": True},
        "refused": {},
        "here": {},
    }
    values = {
        "ansible_play_hosts_all": list(halls),
        "hostvars": {name: {**facts, "inventory_hostname": name} for name, facts in halls.items()},
    }
    environment = NativeEnvironment(undefined=jinja2.StrictUndefined)
    found: Any = environment.from_string(first["vars"]["__gateways_open"]).render(values)
    assert found.split() == ["back"]
    nobody = environment.from_string(first["vars"]["__gateways_open"]).render({**values, "ansible_play_hosts_all": ["kept", "here"]})
    that = environment.compile_expression(first["ansible.builtin.assert"]["that"])
    assert (that(__gateways_open=nobody), that(__gateways_open=found)) == (True, False)
    main = read(ROLES["gateway"] / "tasks" / "main.yml")
    set_ = {file: read(ROLES["gateway"] / "tasks" / file)[-1]["ansible.builtin.set_fact"] for file in ("begin.yml", "keep.yml")}
    assert set_ == {"begin.yml": {"__gateway_begun": True}, "keep.yml": {"__gateway_kept": True}}
    assert [one["ansible.builtin.import_tasks"] for one in (main[-2], main[-1]["block"][-1])] == ["begin.yml", "keep.yml"]


def test_a_box_goes_back_before_anything_is_said_of_it() -> None:
    """A sentence that cannot be made up leaves no hall as it is."""
    first = read(ROLES["gateway"] / "tasks" / "back.yml")[0]
    assert (first["failed_when"], "_gateway_change_copy" in str(first["ansible.builtin.command"])) == (False, True)


def test_heads_of_playbooks_name_no_inventory() -> None:
    """ansible.cfg does; a folder behind -i would have Ansible read certificates and backups as inventories."""
    assert [file.name for file in PLAYBOOKS.glob("*.yml") if re.search(r"^#.* -i ", file.read_text(encoding="utf-8"), re.MULTILINE)] == []


def test_templates_need_no_extension_of_jinja() -> None:
    """Ansible has none: neither break nor do."""
    for _, text in templates.texts():
        templates.parsed(text)
    with pytest.raises(jinja2.TemplateSyntaxError):
        templates.parsed("{% for one in many %}{% break %}{% endfor %}")


def test_macros_begin_with_text() -> None:
    """Of one that comes to nothing 2.19.0 writes the word None, and of one that looks like a list or a dictionary 2.14 makes one
    (ansible/ansible issues 85605 and 78141)."""
    found = 0
    for where, text in templates.texts():
        for macro in templates.parsed(text).find_all(nodes.Macro):
            first = macro.body[0]
            begins = first.nodes[0] if isinstance(first, nodes.Output) else None
            assert isinstance(begins, nodes.TemplateData), (where, macro.name)
            assert re.match(r"[^\s{\[]", begins.data), (where, macro.name)
            found += 1
    assert found == 1


def test_what_is_imported_imports_nothing() -> None:
    """From 2.19.1 on `become` of the play is lost in a file that an imported one imports (ansible/ansible issue 85855)."""
    imported = {}
    for task in tasks():
        if task.module.endswith(".import_tasks"):
            imported[(task.file.parent / task.arguments["cmd"]).resolve()] = task.where
    assert len(imported) > 20
    assert [task.where for task in tasks() if task.file in imported and ".import_" in task.module] == []


def test_what_people_read_is_in_order() -> None:
    """From 2.16 on ``difference`` and ``intersect`` give their words in another order each time."""
    made = [(task.where, text) for task in tasks() for text in (task.said.get("vars") or {}).values() if isinstance(text, str)]
    found = [(where, text) for where, text in made if re.search(r"[|] (difference|intersect)[(]", text)]
    assert len(found) == 2
    assert [where for where, text in found if not re.search(r"[|] sort }}$", text.strip())] == []


def test_what_cannot_be_taken_back_looks_whether_it_was_asked_for_twice() -> None:
    """With -l Ansible leaves out the play on the control host that looked, and with it the hub's before that of the boxes."""
    (asked,) = read(PLAYBOOKS / "tasks" / "asked.yml")
    environment = NativeEnvironment(undefined=jinja2.StrictUndefined)
    environment.filters["bool"] = bool
    that = environment.compile_expression(asked["ansible.builtin.assert"]["that"])
    assert [that(hostvars={"localhost": facts}) for facts in ({}, {"__asked_twice": True})] == [False, True]
    for name in ("leave", "remove", "restore"):
        first, hub, *others = at.plays(PLAYBOOKS / f"{name}.yml")
        assert (first["hosts"], hub["hosts"]) == ("localhost", "hub")
        assert first["tasks"][-1]["ansible.builtin.set_fact"] == {"__asked_twice": True}
        assert hub["tasks"][0]["ansible.builtin.import_tasks"] == "tasks/asked.yml"
        if name == "restore":
            continue
        assert hub["tasks"][-1]["ansible.builtin.set_fact"] == {f"__{name}_served": True}
        steps = [task for task in others[0]["tasks"] if "ansible.builtin.meta" not in task]
        that = environment.compile_expression(steps[0]["ansible.builtin.assert"]["that"])
        for facts, answer in (({}, False), ({f"__{name}_served": True}, True)):
            assert that(groups={"hub": ["city"]}, hostvars={"city": facts}) is answer
        assert steps[1]["ansible.builtin.import_tasks"] == "tasks/wipe.yml"


# Filters --------------------------------------------------------------------------------------------------------------------------------


def described(name: str) -> tuple[Any, Any, str]:
    """What ansible-doc shows of a filter: from the file of its name, .yml or .py. Documentation, return value, examples."""
    if (beside := FILTERS / f"{name}.yml").exists():
        read_ = read(beside)
        return read_["DOCUMENTATION"], read_["RETURN"], read_["EXAMPLES"]
    module = at.own_modules()[name]
    return parsed(module.DOCUMENTATION), parsed(module.RETURN), module.EXAMPLES


@pytest.mark.parametrize("name", sorted(at.own_filters()))
def test_filters_are_described_by_their_names(name: str) -> None:
    """One file for each, with its arguments in their order and what comes of it."""
    said, returned, examples = described(name)
    assert said["name"] == name
    assert {"author", "short_description", "description"} <= set(said)
    arguments = list(inspect.signature(at.own_filters()[name]).parameters.values())[1:]
    assert list(said["options"]) == ["_input", *(one.name for one in arguments)]
    assert [word for word in said.get("positional", "").split(", ") if word] == [one.name for one in arguments]
    for one in arguments:
        assert said["options"][one.name].get("required", False) is (one.default is inspect.Parameter.empty), one.name
    assert returned["_value"]["type"] in ("list", "int", "str")
    assert f"hotspot.hall.{name}" in examples


def test_no_file_describes_what_is_not_there() -> None:
    """Nor is there a filter of Ansible's that one of ours would hide."""
    assert {path.stem for path in FILTERS.glob("*.yml")} <= set(at.own_filters())


class Odd(dict[str, Any]):
    """As 2.19 hands dictionaries over: of a class of its own."""


class Text(str):
    """The same with texts."""

    __slots__ = ()


def _is_plain(value: Any) -> bool:
    """Whether Ansible takes it: dictionaries, lists, texts, numbers, however deep."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(one) for key, one in value.items())
    return all(map(_is_plain, value)) if isinstance(value, list) else isinstance(value, str | int | bool)


def test_filters_return_what_ansible_takes() -> None:
    """No tuple, set or generator, and no object of ours: 2.19 refuses these. What they get is of Ansible's own types."""
    zone = Odd(
        name=Text("public"),
        bridge=Text("guests"),
        members=[Text("eth1.30")],
        wifi=[Odd(interface=Text("wlan0"), ssid=Text("Rathaus"))],
        address=Text("10.9.0.1/24"),
        first=Text("10.9.0.2"),
        last=Text("10.9.0.9"),
    )
    wan = Odd(interface=Text("eth0"), dhcp=True)
    own, zones = at.own_filters(), [zone]
    given = {**read(ROLES["gateway"] / "defaults" / "main.yml"), "gateway_zones": zones, "gateway_wan": wan, "gateway_hall": Text("A")}
    returned = {
        "contradictions": own["contradictions"]([Odd({**zone, "first": Text("10.8.0.1")})], wan, Odd()),
        "leftovers": own["leftovers"](Odd(gateway_hall=Text("rathaus.kleinheim.example"))),
        "misfits": own["misfits"](Odd(given)),
        "pool": own["pool"](zone),
        "sister": own["sister"](Text("00:11:22:33:44:55")),
        "toml": own["toml"](Odd(zones=[zone])),
        **{name: own[name](zones, wan, Odd()) for name in ("network_files", "trunks", "vlans")},
        **{name: own[name](zones) for name in ("name_files", "ports", "radios")},
    }
    assert sorted(returned) == sorted(own)
    assert [name for name, value in returned.items() if not value or not _is_plain(value)] == []


def test_facts_of_an_interface_are_found_by_its_name() -> None:
    """Ansible writes _ for -, and leaves points."""
    text = (ROLES["gateway"] / "templates" / "hostapd.conf.j2").read_text(encoding="utf-8")
    assert re.findall(r"ansible_facts\[(.*)\][.]macaddress", text) == ['item.interface | replace("-", "_")']
