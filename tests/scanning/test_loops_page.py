"""What docs/loops.md shows is what happens."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "loops.md"


def test_the_examples_run():
    text = PAGE.read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, "loops.md", str(PAGE), 0)
    printed = []
    failures, attempts = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=printed.append)
    assert attempts > 20 and failures == 0, "".join(printed)


def test_the_readme_leads_to_it():
    assert "docs/loops.md" in (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
