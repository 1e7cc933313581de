"""docs/runtime.md names a test for what it claims: each exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "runtime.md").read_text()


def test_every_test_that_the_page_names_exists():
    defined = set(re.findall(r"^def (test_\w+)", "\n".join(p.read_text() for p in (ROOT / "tests" / "runtime").glob("test_*.py")), re.M))
    names = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(names) > 30 and names <= defined, names - defined


def test_every_file_that_the_page_names_exists():
    for path in re.findall(r"`((?:tests|theano)/[\w/]+\.py)`", PAGE):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(test_\w+\.py)`", PAGE):
        assert (ROOT / "tests" / "runtime" / name).exists(), name


def test_the_readme_leads_to_it():
    assert "docs/runtime.md" in (ROOT / "README.md").read_text()
