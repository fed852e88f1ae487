"""Rules of yamllint and of ansible-lint's profile production that need neither of them: they are not installed where the tests run."""

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from jinja2 import lexer

from tests.deploy import collection as at
from tests.deploy import templates
from tests.deploy.collection import COLLECTION, PLAYBOOKS, ROLES, read, tasks
from tests.deploy.expressions import DEPLOY

_ARGUMENTS = {
    "apt": """allow_change_held_packages allow_downgrade allow_unauthenticated autoclean autoremove cache_valid_time clean deb
        default_release dpkg_options fail_on_autoremove force force_apt_get install_recommends lock_timeout name only_upgrade policy_rc_d
        purge state update_cache update_cache_retries update_cache_retry_max_delay upgrade""",
    "assert": "fail_msg quiet success_msg that",
    "command": "argv chdir cmd creates removes stdin stdin_add_newline strip_empty_ends",
    "copy": """attributes backup checksum content decrypt dest directory_mode follow force group local_follow mode owner remote_src src
        validate""",
    "debug": "msg var verbosity",
    "fail": "msg",
    "fetch": "dest fail_on_missing flat src validate_checksum",
    "file": """access_time access_time_format attributes dest follow force group mode modification_time modification_time_format owner path
        recurse src state""",
    "find": """age age_stamp contains depth excludes file_type follow get_checksum hidden paths patterns read_whole_file recurse size
        use_regex""",
    "import_role": "allow_duplicates defaults_from handlers_from name rolespec_validate tasks_from vars_from",
    "setup": "fact_path filter gather_subset gather_timeout",
    "shell": "chdir cmd creates executable removes stdin stdin_add_newline",
    "stat": "checksum_algorithm follow get_attributes get_checksum get_mime path",
    "systemd": "daemon_reexec daemon_reload enabled force masked name no_block scope state",
    "tempfile": "path prefix state suffix",
    "template": """attributes backup block_end_string block_start_string dest follow force group lstrip_blocks mode newline_sequence
        output_encoding owner src trim_blocks validate variable_end_string variable_start_string""",
    "uri": """body body_format client_cert client_key creates dest follow_redirects force force_basic_auth headers method remote_src removes
        return_content src status_code timeout unix_socket url url_password url_username use_proxy validate_certs""",
    "wait_for": """active_connection_states connect_timeout delay exclude_hosts host msg path port search_regex sleep state timeout""",
}
ARGUMENTS = {name: set(said.split()) for name, said in _ARGUMENTS.items()}
"""Of each module that the collection uses, as ansible-core 2.14 has them."""
FREE = {"import_tasks", "include_tasks", "meta", "set_fact", "import_playbook"}
"""A word of their own, or names of the caller's."""


def test_arguments_are_those_of_the_modules() -> None:
    """args[module]: none that 2.14 does not know."""
    wrong = []
    for task in tasks():
        kind = task.module.rpartition(".")[2]
        if kind and kind not in FREE:
            wrong += [f"{task.where}: {name}" for name in task.arguments if name not in ARGUMENTS[kind]]
    assert wrong == []


def test_the_name_comes_first_and_blocks_last() -> None:
    """key-order."""
    wrong = []
    for task in tasks():
        keys = list(task.said)
        inner = [key for key in keys if key in at.INNER]
        if keys[0] != "name" or inner != keys[len(keys) - len(inner) :] or inner != [key for key in at.INNER if key in inner]:
            wrong.append(f"{task.where}: {keys}")
    for file in sorted(PLAYBOOKS.glob("*.yml")):
        wrong += [file.name for play in at.plays(file) if next(iter(play)) != "name"]
    assert wrong == []


def test_what_follows_a_change_is_a_handler() -> None:
    """no-handler: a condition that is nothing but whether another task changed something."""
    changed = re.compile(r"[.]changed|\| *changed|\[[\"']changed[\"']\]|is changed")
    wrong = []
    for task in tasks():
        given = task.said.get("when")
        alone = given[0] if isinstance(given, list) and len(given) == 1 else given
        if isinstance(alone, str) and changed.search(alone) and not {"and", "or", "not"} & set(alone.split()):
            wrong.append(task.where)
    assert wrong == []


def test_a_shell_stops_where_a_pipe_breaks() -> None:
    """risky-shell-pipe; and no truth is compared with a word (literal-compare)."""
    shells = [task for task in tasks() if task.module.endswith(".shell")]
    piped = [task for task in shells if re.search(r"(?<!\|)\|(?!\|)", re.sub(r"\{\{.*?\}\}", "", str(task.arguments["cmd"])))]
    assert [task.where for task in piped if "pipefail" not in str(task.arguments)] == []
    found = [f"{where}: {text}" for where, text in templates.texts() if re.search(r"[!=]= *(?:[Tt]rue|[Ff]alse)\b", text)]
    assert found == []


def test_what_a_release_on_a_galaxy_wants() -> None:
    """galaxy[tags], galaxy[no-changelog], galaxy[no-runtime], schema[galaxy]; meta-incorrect and schema[meta] of the roles."""
    galaxy = read(COLLECTION / "galaxy.yml")
    known = {"application", "cloud", "database", "eda", "infrastructure", "linux", "monitoring", "networking", "security", "storage"}
    assert known & set(galaxy["tags"])
    assert {"namespace", "name", "version", "readme", "authors", "description", "repository"} <= set(galaxy)
    assert re.fullmatch(r"\d+[.]\d+[.]\d+", galaxy["version"])
    assert [name for name in ("CHANGELOG.md", "README.md", "meta/runtime.yml") if not (COLLECTION / name).exists()] == []
    for role in ROLES.values():
        about = read(role / "meta" / "main.yml")["galaxy_info"]
        assert {"author", "description", "license", "min_ansible_version", "platforms"} <= set(about)
        assert about["platforms"] == [{"name": "Debian", "versions": ["all"]}]  # of Debian 12's own schema: no trixie


# Jinja ----------------------------------------------------------------------------------------------------------------------------------


def _expressions() -> Iterator[tuple[str, str]]:
    """Where, and what stands between braces, of everything but the files that are filled in; only what Python reads too."""
    for where, text in templates.texts():
        if where.endswith(".j2"):
            continue
        for found in re.findall(r"\{\{(.*?)\}\}(?!\})", text, re.DOTALL):
            try:
                ast.parse(found.strip(), mode="eval")
            except SyntaxError:
                continue
            yield where, found


def test_blanks_within_braces_are_where_black_has_them() -> None:
    """jinja[spacing]: one at each end, and inside as a formatter of Python writes it."""
    found = [(where, text) for where, text in _expressions() if len(text) < 300]
    assert len(found) > 300
    wrong = [f"{where}: {text}" for where, text in found if not re.fullmatch(r" \S(?:.*\S)? ", text, re.DOTALL)]
    lines = [text.strip() for _, text in found]
    settings = ("--config", 'format.quote-style="preserve"', "--config", "line-length=320", "--isolated")
    words = (str(Path(sys.executable).with_name("ruff")), "format", *settings, "--stdin-filename", "expressions.py", "-")
    done = subprocess.run(words, input="\n".join(["pass", *lines, ""]), capture_output=True, text=True, check=True)
    written = done.stdout.splitlines()[1:]
    assert len(written) == len(lines)
    wrong += [
        f"{where}: {text.strip()} -> {better}" for (where, text), better in zip(found, written, strict=True) if text.strip() != better
    ]
    assert wrong == []


def test_no_expression_is_left_open() -> None:
    """jinja[invalid]: every text that has braces is one that Jinja reads to its end."""
    environment = templates.environment()
    for where, text in templates.texts():
        kinds = [kind for _, kind, _ in environment.lex(text)]
        assert kinds.count(lexer.TOKEN_VARIABLE_BEGIN) == kinds.count(lexer.TOKEN_VARIABLE_END), where


# YAML -----------------------------------------------------------------------------------------------------------------------------------

FLOW = {
    yaml.FlowMappingStartToken: (0, 1, "{"),
    yaml.FlowMappingEndToken: (0, 1, "}"),
    yaml.FlowSequenceStartToken: (0, 0, "["),
    yaml.FlowSequenceEndToken: (0, 0, "]"),
}
"""Blanks inside of these, least and most, as .yamllint and yamllint's default have them."""


def blanks(text: str) -> Iterator[str]:
    """Where braces, brackets, colons, commas and hyphens have too many or too few blanks (yamllint: rules of these names)."""
    read_ = list(yaml.scan(text))
    for token, following in itertools.pairwise(read_):
        if token.end_mark.line != following.start_mark.line:
            continue
        gap, line = following.start_mark.column - token.end_mark.column, token.start_mark.line + 1
        if isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken):
            least, most, sign = FLOW[type(token)]
            closed = isinstance(following, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken)
            if not (0 if closed else least) <= gap <= (0 if closed else most):
                yield f"{line}: {gap} blanks after {sign}"
        elif isinstance(following, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken):
            least, most, sign = FLOW[type(following)]
            if not least <= gap <= most:
                yield f"{line}: {gap} blanks before {sign}"
        if isinstance(token, yaml.FlowEntryToken) and gap != 1:
            yield f"{line}: {gap} blanks after a comma"
        if isinstance(following, yaml.FlowEntryToken) and gap:
            yield f"{line}: {gap} blanks before a comma"
        if isinstance(token, yaml.BlockEntryToken) and gap != 1:
            yield f"{line}: {gap} blanks after a hyphen"
        if isinstance(token, yaml.ValueToken) and gap > 1 and not isinstance(following, yaml.AliasToken | yaml.AnchorToken):
            yield f"{line}: {gap} blanks after a colon"


def steps(text: str) -> Iterator[str]:
    """Lines that are not indented by two more than what they belong to; lists stand further in than their key (yamllint: indentation)."""
    levels: list[tuple[int, bool]] = []
    for token in yaml.scan(text):
        column, line = token.start_mark.column, token.start_mark.line + 1
        if isinstance(token, yaml.BlockMappingStartToken | yaml.BlockSequenceStartToken):
            wanted = levels[-1][0] + 2 if levels else 0
            if column != wanted:
                yield f"{line}: column {column}, expected {wanted}"
            levels.append((column, isinstance(token, yaml.BlockSequenceStartToken)))
        elif isinstance(token, yaml.BlockEntryToken) and not levels[-1][1]:
            yield f"{line}: column {column}, expected {column + 2}"
        elif isinstance(token, yaml.BlockEndToken):
            levels.pop()


@pytest.mark.parametrize("file", at.files(), ids=lambda path: str(path.relative_to(DEPLOY)))
def test_yaml_is_laid_out_as_yamllint_has_it(file: Path) -> None:
    """Blanks, indentation, comments with a blank after their mark, and never more than two empty lines."""
    text = file.read_text(encoding="utf-8")
    wrong = [*blanks(text), *steps(text)]
    wrong += [f"{number}: comment" for number, line in enumerate(text.splitlines(), 1) if re.match(r"\s*#[^ !#]", line)]
    wrong += ["more than two empty lines"] if "\n\n\n\n" in text else []
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [ 1]", "1: 1 blanks after ["),
        ("a: {b: 1  }", "1: 2 blanks before }"),
        ("a: [1,2]", "1: 0 blanks after a comma"),
        ("a: [1 , 2]", "1: 1 blanks before a comma"),
        ("-  a", "1: 2 blanks after a hyphen"),
        ("a:  b", "1: 2 blanks after a colon"),
        ("a:\n- b", "2: column 0, expected 2"),
        ("a:\n    b: 1", "2: column 4, expected 2"),
    ],
)
def test_what_is_laid_out_otherwise_is_found(text: str, said: str) -> None:
    """Each in its line."""
    assert said in [*blanks(text), *steps(text)]
    assert [*blanks("a: {b: [1, 2], c: {}}\nd:\n  - e: 1\n    f: []"), *steps("a:\n  - b: 1\n    c:\n      - 2\nd: 3")] == []
