"""What an error says, with each place in the test's file replaced by the line of source that stands there."""

import linecache
import re
import sys

import pytest


def told(kind, action):
    """The message of the error of class ``kind`` that ``action`` raises; ``file.py:12`` becomes ``<source of that line>``."""
    with pytest.raises(kind) as caught:
        action()
    file = sys._getframe(1).f_code.co_filename
    name = file.rpartition("/")[2].rpartition("\\")[2]

    def source(match):
        return f"<{linecache.getline(file, int(match[1])).strip()}>"

    return re.sub(rf"{re.escape(name)}:(\d+)", source, str(caught.value)), caught.value


def rows(text):
    """The lines after the first one, split into columns at runs of blanks."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()[1:]]
