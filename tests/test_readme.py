"""The README's commands are the ones that are checked."""

import re
import textwrap
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


def test_declarations_shown_to_contributors_stand_in_the_package():
    """Each indented listing that begins with a decorator, up to its last line, is part of some module."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listings = [textwrap.dedent(text).strip() for text in re.findall(r"\n\n((?:    .*\n)+)", page) if text.startswith("    @")]
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "theano").rglob("*.py")]
    assert len(listings) == 2
    assert [text for text in listings if not any(text in source for source in sources)] == []


def test_links_lead_somewhere():
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == [], page.name


def test_what_the_readme_says_is_missing_is_missing():
    """When one of these arrives, its row moves to the left."""
    import theano
    import theano.tensor as T

    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| works | not yet |")[1].split("##")[0]
    missing = [row.split("|")[2] for row in table.strip().splitlines()[1:]]
    names = re.findall(r"`(\w+)`", " ".join(missing))
    assert {"solve", "cholesky"} <= set(names)
    assert [n for n in names if n != "Op" and (hasattr(theano, n) or hasattr(T, n))] == []


def test_every_dependency_is_justified():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    names = {re.match(r"[\w-]+", requirement).group() for requirement in wanted} - {"theano"}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()
