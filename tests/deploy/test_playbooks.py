"""What single plays promise, read in their tasks: ``tests/deploy/plays`` runs them where something runs playbooks."""

from typing import Any

import jinja2
from jinja2.nativetypes import NativeEnvironment

from tests.deploy.collection import PLAYBOOKS, plays, read

WIPE = PLAYBOOKS / "tasks" / "wipe.yml"


def _commands(tasks: list[dict[str, Any]]) -> list[str]:
    """What they run, in their order."""
    inner = [each for task in tasks for each in [task, *task.get("block", [])]]
    return [str(task["ansible.builtin.command"]["argv"]) for task in inner if "ansible.builtin.command" in task]


def test_a_wiped_box_lets_nobody_in_any_more() -> None:
    """Grants and connections have visitors' addresses, and are the kernel's: these outlive the program. First their networks go, then
    all tables and queues by the program itself, which has to be there for that, then what was on its way."""
    ran = _commands(read(WIPE))
    order = [next(index for index, words in enumerate(ran) if mark in words) for mark in ("'link', 'delete'", "'--remove'", "'conntrack'")]
    assert order == sorted(order)
    names = [task["name"] for task in read(WIPE)]
    purge = next(index for index, name in enumerate(names) if name.startswith("Purge the program"))
    assert names.index("Close the visitors' networks") < names.index("Nobody is let in any more") < purge
    (closing,) = (task for task in read(WIPE) if task["name"] == "Nobody is let in any more")
    assert closing["block"][0]["ansible.builtin.systemd"]["state"] == "stopped"


def test_helpers_that_are_stopped_are_there() -> None:
    """systemd lists a unit that failed by its name also when its file is gone, and the module refuses it: a second run would fail."""
    (listed,) = (words for words in _commands(read(WIPE)) if "list-units" in words)
    assert ("'--state=loaded'" in listed, "'--all'" in listed) == (True, False)


def test_what_is_purged_is_there() -> None:
    """The module apt would bring python3-apt first, by a line that may be gone: dpkg is asked instead."""
    tasks = {task["name"]: task for task in read(WIPE)}
    assert "dpkg-query" in str(tasks["What is left of the package"]["ansible.builtin.command"]["argv"])
    purge = tasks["Purge the program, with its journal of visitors and its credential"]
    assert purge["when"] == '__wipe_package.stdout not in ["", "not-installed"] and not ansible_check_mode'


def test_a_backup_goes_to_a_server_with_the_hub_on_it() -> None:
    """Asked before anything is copied; the answer says which command comes first."""
    tasks = plays(PLAYBOOKS / "restore.yml")[1]["tasks"]
    names = [task["name"] for task in tasks]
    assert names.index("The hub is installed") < names.index("Bring the backup")
    (said,) = (task["ansible.builtin.assert"]["fail_msg"] for task in tasks if task["name"] == "The hub is installed")
    assert "expected a server with the hub on it: ansible-playbook hotspot.hall.hub" in said


def test_a_box_is_stolen_or_not() -> None:
    """Ansible's filter makes false of `-e stolen=y`, and nothing of it would be revoked."""
    first = plays(PLAYBOOKS / "replace.yml")[1]["pre_tasks"][0]
    truths = first["vars"]["__replace_truths"]
    environment = NativeEnvironment(undefined=jinja2.StrictUndefined)
    holds = [environment.compile_expression(text) for text in first["ansible.builtin.assert"]["that"]]
    for said, well in (("true", True), (True, True), ("No", True), ("y", False), ("", False)):
        assert [one(stolen=said, again=said, __replace_truths=truths) for one in holds] == [well, well]
    assert [one(__replace_truths=truths) for one in holds] == [True, True]


def test_what_is_fetched_goes_to_no_folder_of_the_plays() -> None:
    """Where nothing says in which folder the command was typed, as under a timer of systemd, a relative one is refused before anything is
    copied."""
    (fetch,) = read(PLAYBOOKS / "tasks" / "fetch.yml")
    first = fetch["block"][0]["ansible.builtin.assert"]
    assert (first["that"], "expected a folder that begins with /" in first["fail_msg"]) == ("__fetch_to is abs", True)
    folders = [task["vars"]["__fetch_to"] for task in fetched(["backup", "leave", "remove"])]
    assert len(folders) == 3


def fetched(books: list[str]) -> list[dict[str, Any]]:
    """Tasks of playbooks that fetch."""
    listed = [task for book in books for play in plays(PLAYBOOKS / f"{book}.yml") for task in play.get("tasks", [])]
    inner = [each for task in listed for each in [task, *task.get("block", [])]]
    return [task for task in inner if task.get("ansible.builtin.import_tasks") == "tasks/fetch.yml"]
