"""`mcgen --help` imports what it prints and nothing else, and a build what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mcgen.cli import COMMANDS
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

# What commands need, and what costs more than a few milliseconds to import.
REFUSED = {
    "asyncio",
    "concurrent",
    "difflib",
    "email",
    "hashlib",
    "html",
    "http",
    "importlib.metadata",
    "importlib.resources",
    "ipaddress",
    "jinja2",
    "json",
    "jsonschema",
    "jsonschema_rs",
    "logging",
    "msgspec",
    "multiprocessing",
    "orjson",
    "pathlib",
    "random",
    "referencing",
    "rich",
    "ruamel",
    "socket",
    "subprocess",
    "tempfile",
    "urllib",
    "yaml",
}
# What explains mistakes, draws pictures for terminals, runs programs at once, or asks Git.
NOT_BUILT_WITH = {
    "asyncio",
    "concurrent",
    "difflib",
    "http",
    "jsonschema",
    "logging",
    "mcgen.changes",
    "mcgen.history",
    "mcgen.importing",
    "mcgen.validators.explain",
    "rich",
    "ruamel",
}
OWN = {"mcgen", "mcgen.__main__", "mcgen.cli", "mcgen.problems", "mcgen.terminal"}


# `-X importtime` does not show what importlib.import_module imports, which is how commands are found.
PROGRAM = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, sep="\\n", file=sys.stderr))
from mcgen.__main__ import main
main()
"""


def imported(*arguments: str) -> set[str]:
    """Return the modules that are imported when mcgen is run."""
    argv = [sys.executable, "-I", "-c", PROGRAM, *arguments]
    # What measures coverage would import modules of its own.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=plain)
    return set(done.stderr.split())


def within(modules: set[str], packages: set[str]) -> set[str]:
    return {module for module in modules if any(f"{module}.".startswith(f"{package}.") for package in packages)}


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_the_programs_own_help_imports_no_command(flag: str) -> None:
    modules = imported(flag)
    assert within(modules, {"mcgen"}) == OWN
    assert within(modules, {"click"})
    assert within(modules, REFUSED) == set()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_a_command_imports_no_engine(command: str) -> None:
    modules = imported(command, "--help")
    assert modules & {f"mcgen.commands.{command}", f"mcgen.commands.{command}_"}
    assert within(modules, {"jinja2", "jsonschema", "jsonschema_rs", "rich", "ruamel", "yaml"}) == set()


@pytest.mark.parametrize("arguments", [("schema",), ("explain", "gate"), ("explain", "MC204")], ids=" ".join)
def test_what_reads_no_file_imports_no_reader(arguments: tuple[str, ...]) -> None:
    assert within(imported(*arguments), {"jsonschema", "mcgen.source", "yaml"}) == set()


def test_a_build_over_its_own_tree_imports_neither_what_explains_nor_what_compares(tmp_path: Path) -> None:
    # Of a short option click asks first whether it is nearly a long one.
    folder = ("--output", str(tmp_path / "tree"))
    build = ("build", str(CHECKOUT / "blueprints/gke-aks.yaml"), *folder, "--validator", "embedded")
    imported(*build)
    modules = imported(*build)
    assert within(modules, {"mcgen.build"})
    assert within(modules, NOT_BUILT_WITH) == set()
