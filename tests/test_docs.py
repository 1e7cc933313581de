"""What the pages show is what happens, and the README leads to them."""

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
EXAMPLES = {"loops": 20, "modes": 15, "numpy": 10, "vectorize": 15}
"""Pages of examples, and that many at least."""


class Places(doctest.OutputChecker):
    """On a page the lines of the examples stand in train.py."""

    def check_output(self, want, got, optionflags):
        return super().check_output(want, re.sub(r"<doctest \w+\.md\[\d+\]>:\d+", "train.py", got), optionflags)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_run(name):
    page = DOCS / f"{name}.md"
    text = page.read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    printed = []
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failures, attempts = doctest.DocTestRunner(Places(), optionflags=options).run(test, out=printed.append)
    assert attempts > EXAMPLES[name] and failures == 0, "".join(printed)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_readme_leads_to_it(name):
    assert f"docs/{name}.md" in (DOCS.parent / "README.md").read_text(encoding="utf-8")
