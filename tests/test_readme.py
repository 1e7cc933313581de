"""The README's commands are the ones that are checked."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert first is not None
    return first.group(1).splitlines()


def test_the_first_block_holds_two_commands():
    assert commands() == ["python3 run.py demo", "python3 run.py test"]


def test_continuous_integration_runs_the_test_command_as_it_stands():
    assert commands()[1] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_every_dependency_is_justified():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    names = {re.match(r"[\w-]+", requirement).group() for requirement in wanted} - {"theano"}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()
