"""``python -m theano`` and its commands."""

import subprocess
import sys
from pathlib import Path

import pytest

import theano
from theano.__main__ import main
from theano.printing.pages import elementwise_page
from theano.runtime.cache import object_cache


def printed(capsys, *arguments):
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_doctor_names_what_matters_for_a_report(capsys):
    rows = {line[:18].strip(): line[18:].strip() for line in printed(capsys, "doctor").splitlines()}
    assert rows["theano"] == theano.__version__
    assert rows["python"].startswith(sys.version.split()[0])
    for name in ("numpy", "scipy", "llvmlite"):
        assert rows[name][0].isdigit()
    assert int(rows["threads"]) >= 1
    assert all(rows[name] for name in ("processor", "features", "target", "BLAS", "cache"))


def test_flags_show_values_and_can_be_searched(capsys):
    with theano.config.change_flags(floatX="float32"):
        assert "value: 'float32'" in printed(capsys, "flags", "floatx")
    everything = printed(capsys, "flags")
    assert all(f"{name} (" in everything for name in theano.config)
    assert printed(capsys, "flags", "no such flag") == ""


def test_cache_is_counted_and_cleared(capsys, tmp_path):
    with theano.config.change_flags(base_compiledir=str(tmp_path)):
        assert ": 0 entries, 0.0 MB" in printed(capsys, "cache")
        object_cache().put("0" * 64, b"x" * 100_000)
        assert ": 1 entries, 0.1 MB" in printed(capsys, "cache")
        assert "1 entries removed" in printed(capsys, "cache", "--clear")
        assert ": 0 entries, 0.0 MB" in printed(capsys, "cache")


def test_docs_go_to_the_screen_or_to_a_file(capsys, tmp_path):
    assert printed(capsys, "docs") == elementwise_page()
    page = tmp_path / "page.md"
    printed(capsys, "docs", str(page))
    assert page.read_text(encoding="utf-8") == elementwise_page()


def test_a_command_is_needed(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "doctor" in capsys.readouterr().err


def test_it_is_a_module():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "theano", "flags", "floatX"], cwd=Path(__file__).parents[1], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("floatX (one of float64"), done.stderr


def test_a_reader_may_stop_early():
    command = [sys.executable, "-W", "error", "-m", "theano", "docs"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"# Elementwise operations\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
