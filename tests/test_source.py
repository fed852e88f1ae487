"""The rules of the tree itself: linters, types, import contracts, docstrings, sizes, and what must never stand in a file."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import firewall

ROOT = Path(__file__).parent.parent
SOURCES = ("benchmarks", "firewall", "hotspot", "portal_pages", "tests")
NOT_OURS = {
    ".git",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "__pycache__",
    "artefacts",
    "build",
    "dist",
}
MODULE_LINES, FUNCTION_LINES = 400, 60
BINARY = {".gz", ".ico", ".mo", ".png", ".webm", ".woff2"}
VAGUE_NAMES = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
LOG_METHODS = {"bind", "critical", "debug", "error", "exception", "info", "labels", "log", "msg", "warn", "warning"}
IDENTITIES = {"client_ip", "client_mac", "ip", "ips", "lladdr", "mac", "macs", "peer_ip", "peername", "user_agent"}
"""Names of values that say who a visitor is; they have no place in a log line or a metric's label."""
PROGRAM_STARTERS = re.compile(
    r"create_subprocess_(exec|shell)|subprocess_(exec|shell)|(exec|spawn)[lv]p?e?|posix_spawnp?|fork|forkpty|system|popen"
)
FORBIDDEN_TEXT = {
    "the address of a package registry": re.compile(
        r"(pypi|pythonhosted|npmjs)\.(org|com)|(deb|security)\.debian\.(org|net)|registry\.[a-z]+\.[a-z]+"
    ),
    "a path of one machine": re.compile(r"(?<![\w.}])/(work|root|home|opt/pypi|opt/wheels|tmp/v|tmp/spec)/\w|\.\./shared\b"),
    "work that is not done": re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of the project, whether git knows it yet or not."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in NOT_OURS or (path / "pyvenv.cfg").exists():
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


@cache
def modules() -> dict[str, ast.Module]:
    """Every Python file below the source folders, parsed, by its path from the root."""
    paths = [path for folder in SOURCES for path in files(ROOT / folder) if path.suffix == ".py"]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_bytes()) for path in paths}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with ``path:line name``, methods and inner functions too."""
    for path, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.lineno} {node.name}", node


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call as (path, last name of what is called, call)."""
    for path, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
                yield path, name, node


def pins(name: str) -> dict[str, list[str]]:
    """``requirements/<name>.txt`` as {``package==version``: hashes}; a line that is neither a pin nor a hash is an error."""
    found: dict[str, list[str]] = {}
    package = ""
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().replace(" \\\n", "\n").splitlines():
        if line.startswith("#"):
            continue
        if pin := re.fullmatch(r"([a-z0-9-]+==[A-Za-z0-9.!+]+)( ; [a-z_]+ [!=<>]=? '[\w.]+')?", line):
            package = pin[1]
            found[package] = []
        elif digest := re.fullmatch(r"    --hash=(sha256:[0-9a-f]{64})", line):
            found[package].append(digest[1])
        else:
            raise AssertionError(f"requirements/{name}.txt: {line!r} is neither a pin nor a hash")
    return found


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--output-format=concise", "."],
        ["ruff", "format", "--check", "--output-format=concise", "."],
        ["mypy", "--no-error-summary"],
        ["lint-imports", "--no-logo"],
    ],
    ids=["ruff check", "ruff format", "mypy --strict", "import contracts"],
)
def test_tools_have_nothing_to_say(command: list[str]) -> None:
    """Linter, formatter, types and import contracts are clean, as ``make lint`` runs them."""
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def test_every_package_says_what_it_is() -> None:
    """A folder with Python files is a package, and its ``__init__`` has a docstring: glossary and reading order."""
    packages = {str(Path(path).parent) for path in modules()}
    silent = {package for package in packages if not _docstring(modules().get(f"{package}/__init__.py"))}
    assert silent == set()


def test_every_test_says_what_it_proves() -> None:
    """Each test function has a docstring of its own."""
    silent = [where for where, node in functions() if where.startswith("tests/") and node.name.startswith("test_") and not _docstring(node)]
    assert silent == []


def test_modules_and_functions_stay_readable() -> None:
    """No module above 400 lines, no function above 60: past that a second noun hides in it."""
    long = [f"{path}: {lines} lines" for path in modules() if (lines := len((ROOT / path).read_text().splitlines())) > MODULE_LINES]
    long += [f"{where}: {lines} lines" for where, node in functions() if (lines := _lines(node)) > FUNCTION_LINES]
    assert long == []


def test_modules_are_named_after_a_noun() -> None:
    """No ``utils``, ``common``, ``helpers``, ``base`` or ``manager``: such a name tells nothing and gathers everything."""
    assert [path for path in modules() if VAGUE_NAMES & {part.removesuffix(".py") for part in Path(path).parts}] == []


def test_logs_and_metrics_know_no_visitor() -> None:
    """No call of a logger or metric is given a MAC, an IP address, a peer's name or a user agent."""
    told = [
        f"{path}:{call.lineno} {name}({word})"
        for path, name, call in calls()
        if name in LOG_METHODS and not path.startswith(("tests/", "benchmarks/"))
        for word in sorted(_words(call) & IDENTITIES)
    ]
    assert told == []


def test_programs_are_started_in_two_places() -> None:
    """Only ``firewall/kernel/nft.py`` and the lab start programs (``subprocess`` itself is an import contract)."""
    allowed = ("firewall/kernel/nft.py", "hotspot/lab/", "tests/", "benchmarks/")
    started = [
        f"{path}:{call.lineno} {name}" for path, name, call in calls() if PROGRAM_STARTERS.fullmatch(name) and not path.startswith(allowed)
    ]
    assert started == []


@pytest.mark.parametrize("what", FORBIDDEN_TEXT)
def test_files_speak_of_the_project_only(what: str) -> None:
    """No file holds a registry's address, a path of one machine, or a note of work that is not done."""
    pattern = FORBIDDEN_TEXT[what]
    found = [
        f"{path.relative_to(ROOT)}:{number} {match[0]}"
        for path in files()
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := pattern.search(line))
    ]
    assert found == []


def test_links_in_documents_lead_somewhere() -> None:
    """Every relative link of a Markdown file names a file or folder of the tree."""
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_locked_packages_have_hashes(name: str) -> None:
    """A lock file holds exact versions with their hashes and nothing else: no address, no option."""
    assert [pin for pin, hashes in pins(name).items() if not hashes] == []


def test_dev_lock_contains_the_runtime_lock() -> None:
    """What the tests run against is what a gateway gets, to the version and the hash."""
    dev = pins("dev")
    assert {pin: dev.get(pin) for pin in pins("runtime")} == pins("runtime")


def test_locks_hold_every_declared_dependency() -> None:
    """Each dependency that ``pyproject.toml`` declares is in the lock it belongs to."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {"runtime": project["project"]["dependencies"], "dev": project["dependency-groups"]["dev"]}
    locked = {name: {pin.partition("==")[0] for pin in pins(name)} for name in declared}
    missing = {name: {re.split(r"[<>=!~ ;\[]", each)[0] for each in declared[name]} - locked[name] for name in declared}
    assert missing == {"runtime": set(), "dev": set()}


def test_firewall_is_ours() -> None:
    """Debian's firewalld has a module ``firewall`` too: the one that is imported, here and with ``python -P`` elsewhere, is this tree's."""
    assert Path(firewall.__file__) == ROOT / "firewall/__init__.py"
    ask = [sys.executable, "-P", "-c", "import firewall; print(firewall.__file__)"]
    done = subprocess.run(ask, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(ROOT / "firewall/__init__.py"), "")


def _docstring(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | None) -> str:
    return (ast.get_docstring(node) or "") if node else ""


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _words(call: ast.Call) -> set[str]:
    """Every name that stands in the arguments of a call: keywords, variables, attributes and keys."""
    words = {keyword.arg for keyword in call.keywords if keyword.arg}
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        for node in ast.walk(argument):
            if isinstance(node, ast.Name):
                words.add(node.id)
            elif isinstance(node, ast.Attribute):
                words.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
    return words
