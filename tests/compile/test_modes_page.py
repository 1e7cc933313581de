"""What docs/modes.md shows is what happens."""

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "modes.md"


class Places(doctest.OutputChecker):
    """On the page the lines of the examples stand in train.py."""

    def check_output(self, want, got, optionflags):
        return super().check_output(want, re.sub(r"<doctest modes.md\[\d+\]>:\d+", "train.py", got), optionflags)


def test_the_examples_run():
    text = PAGE.read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, "modes.md", str(PAGE), 0)
    printed = []
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failures, attempts = doctest.DocTestRunner(Places(), optionflags=options).run(test, out=printed.append)
    assert attempts > 15 and failures == 0, "".join(printed)


def test_the_readme_leads_to_it():
    assert "docs/modes.md" in (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
