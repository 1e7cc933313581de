"""The examples run as they stand, and print what can be worked out by hand."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(script, cwd):
    command = [sys.executable, "-W", "error", ROOT / "examples" / script]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def numbers(text):
    return [float(n) for n in re.findall(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?", text)]


def test_addition(tmp_path):
    assert run("classic/add.py", tmp_path) == "[4. 6.]\n"


def test_gradient_of_a_sum_of_squares(tmp_path):
    assert run("classic/gradient.py", tmp_path) == "[2. 4.]\n"


def test_linear_regression(tmp_path):
    """Both gradients are -2e, so each step takes 0.04 e off the error e, which starts at 6: the costs are 36 * 0.96**(2k).

    a and b have then moved by half of what the error lost: (6 - 6 * 0.96**10) / 2 = 1.00550..."""
    *costs, a, b = numbers(run("classic/linear_regression.py", tmp_path))
    assert costs == pytest.approx([36 * 0.9216**k for k in range(10)], rel=1e-12)
    assert costs[:3] == pytest.approx([36, 33.1776, 30.57647616], rel=1e-12)
    assert (a, b) == pytest.approx((3 * (1 - 0.96**10) - 1, 3 * (1 - 0.96**10)), rel=1e-11)


def test_the_tutorials_perceptron(tmp_path):
    """Exits with 0 only if at most 5 % of the held-out digits are wrong."""
    *epochs, best = run("classic/mlp.py", tmp_path).splitlines()
    costs = [numbers(line)[1] for line in epochs]
    assert costs[-1] < 0.1 < costs[0]
    assert numbers(best)[0] == min(numbers(line)[2] for line in epochs) <= 5


def test_layers_are_plain_objects(tmp_path):
    """Exits with 0 only if the curve and its slope are met."""
    error, slope_error = numbers(run("classic/layers.py", tmp_path).splitlines()[-1])
    assert error < 0.05 and slope_error < 0.5


def test_an_operation_of_ones_own(tmp_path):
    """Exits with 0 only if solution, shape and the number that is learned are right; verify_grad raises."""
    error, shape, gradient, learned = run("classic/own_op.py", tmp_path).splitlines()
    assert numbers(error)[0] < 1e-12 and shape == "shape: (50,) after 0 solutions"
    assert gradient == "the gradient is that of finite differences"
    first, last, k = numbers(learned)
    assert last < 1e-12 < 1e-3 < first and k == pytest.approx(2.5, abs=1e-6)


def trained_by_numpy(steps):
    """What ``classic/resume.py`` trains, in NumPy: the cost of the last step."""
    rng = np.random.RandomState(1234)
    centres, eye = np.array([[0, 2], [2, -1], [-2, -1]]), np.eye(3)
    W, b = 0.01 * rng.randn(2, 3), np.zeros(3)
    moves = [0 * W, 0 * b]
    for _ in range(steps):
        y = rng.randint(3, size=30).astype("int32")
        x = centres[y] + rng.randn(30, 2)
        p = np.exp(x @ W + b)
        p /= p.sum(axis=1, keepdims=True)
        cost = -np.log(p[np.arange(30), y]).mean() + 0.001 * (W**2).sum()
        gradients = x.T @ (p - eye[y]) / 30 + 0.002 * W, (p - eye[y]).mean(axis=0)
        moves = [0.9 * move - 0.1 * gradient for move, gradient in zip(moves, gradients)]
        W, b = W + moves[0], b + moves[1]
    return cost


def test_a_training_goes_on_in_another_process_to_the_bit(tmp_path):
    outcome, comparison = run("classic/resume.py", tmp_path).splitlines()
    cost, right, _ = numbers(outcome)
    assert cost == pytest.approx(trained_by_numpy(40), abs=6e-5) and right >= 270
    assert comparison == "resumed to the bit: True"


def test_a_custom_optimization_replaces_an_operation(tmp_path):
    """Exits with 0 only if both functions give what NumPy gives."""
    counts, height = run("classic/custom_optimization.py", tmp_path).splitlines()
    assert counts == "Bump nodes: 1 as written, 0 with the optimization"
    assert numbers(height)[0] == pytest.approx(sum(math.exp(-((k - 0.5) ** 2) / 2) for k in range(-3, 4)), abs=1e-6)


def test_the_listings_of_the_readme_are_the_examples():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listings = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    for name in ("add", "gradient", "linear_regression"):
        assert (ROOT / "examples" / "classic" / f"{name}.py").read_text() in listings, name


def test_digits_are_learned(tmp_path):
    """Exits with 0 only if the median accuracy is at least 97 %."""
    output = run("digits.py", tmp_path)
    accuracies = [float(n) for n in re.findall(r"accuracy ([\d.]+)%", output)]
    assert len(accuracies) == 6
    assert accuracies[5] == sorted(accuracies[:5])[2] >= 97
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_a_network_learns_a_poem_by_heart(tmp_path):
    """Exits with 0 only if nine in ten of the characters that it writes by itself are the poem's."""
    *costs, given = run("classic/char_lstm.py", tmp_path).splitlines()[:7]
    assert numbers(costs[0])[1] > 3 > 0.3 > numbers(costs[5])[1]
    assert given == "The Zen of Python, by Tim Pete|rs"


def test_a_truncated_gradient_is_enough_to_foretell_a_signal(tmp_path):
    """Exits with 0 only if all forecasts from forecasts are near; the error falls, and 20 steps of 60 have a gradient."""
    reach, *costs, worst = run("classic/truncated_gradient.py", tmp_path).splitlines()
    assert numbers(reach) == [20, 60]
    assert numbers(costs[0])[1] > 0.1 > 0.001 > numbers(costs[-1])[1]
    assert numbers(worst)[1] < 0.15


def test_hamiltonian_samples_are_those_of_their_density(tmp_path):
    """Exits with 0 only if mean and covariance are those that were asked for."""
    rate, mean, covariance = map(numbers, run("classic/hamiltonian.py", tmp_path).splitlines())
    assert 0.8 < rate[0] < 1
    assert mean == pytest.approx([1, -2, 0.5], abs=0.04)
    assert covariance == pytest.approx([1, 0.6, 0.1, 0.6, 0.8, -0.2, 0.1, -0.2, 0.5], abs=0.04)


def test_the_gambler_is_ruined_as_often_as_is_known(tmp_path):
    """Exits with 0 only if both lie within four standard errors."""
    ruined, tosses = map(numbers, run("classic/gambler.py", tmp_path).splitlines())
    odds = 0.52 / 0.48
    assert ruined[1] == pytest.approx((odds**4 - odds**10) / (1 - odds**10), abs=1e-4)
    assert ruined[0] == pytest.approx(ruined[1], abs=0.015) and tosses[0] == pytest.approx(tosses[1], rel=0.05)
