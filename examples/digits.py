"""Train a network on handwritten digits, and draw what it learned.

A 64-128-10 network with a rectifier learns scikit-learn's 8 x 8 digits by gradient descent with momentum and a little weight
decay, in steps that shrink to nothing along a half cosine; a quarter of the digits is held out.  Five random starts; prints the
held-out accuracy of each and their median, saves digits.png in the current folder, and fails if the median is below 97 %.
"""

import sys
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from statistics import median

import matplotlib
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import theano
import theano.tensor as T

matplotlib.use("Agg")  # before pyplot is imported: a picture needs no screen
import matplotlib.pyplot as plt

SEEDS, EPOCHS, BATCH = 5, 25, 32
RATE, MOMENTUM, DECAY = 0.1, 0.9, 1e-3
HIDDEN = 128
START = 0.2  # small first weights, so that what is drawn has been learned
WANTED = 0.97
BLUE, RED = "#2166ac", "#b2182b"


@dataclass
class Network:
    """The compiled functions, and the values that they share: trained from a new random start by :meth:`restart`."""

    weights: list  # [first layer, its bias, second layer, its bias]
    velocities: list
    train: theano.function
    accuracy: theano.function

    def restart(self, rng):
        for weight, velocity in zip(self.weights, self.velocities):
            shape = weight.get_value().shape
            scale = START * np.sqrt(2 / shape[0]) if len(shape) == 2 else 0.0
            weight.set_value((scale * rng.normal(size=shape)).astype(theano.config.floatX))
            velocity.set_value(np.zeros(shape, theano.config.floatX))


def build(pixels, classes):
    """Write the network down once; every seed trains the same two compiled functions."""
    x, y, rate = T.matrix("x"), T.lvector("y"), T.scalar("rate")
    shapes = [(pixels, HIDDEN), (HIDDEN,), (HIDDEN, classes), (classes,)]
    weights = [theano.shared(np.zeros(shape, theano.config.floatX), name) for shape, name in zip(shapes, ["w1", "b1", "w2", "b2"])]
    velocities = [theano.shared(np.zeros(shape, theano.config.floatX)) for shape in shapes]
    w1, b1, w2, b2 = weights

    hidden = T.nnet.relu(T.dot(x, w1) + b1)
    probability = T.nnet.softmax(T.dot(hidden, w2) + b2)
    cost = T.nnet.categorical_crossentropy(probability, y).mean() + DECAY * ((w1**2).sum() + (w2**2).sum())

    updates = []
    for weight, velocity, gradient in zip(weights, velocities, T.grad(cost, weights)):
        new_velocity = MOMENTUM * velocity - rate * gradient
        updates += [(velocity, new_velocity), (weight, weight + new_velocity)]
    train = theano.function([x, y, rate], cost, updates=updates)
    accuracy = theano.function([x, y], T.eq(T.argmax(probability, axis=1), y).mean())
    return Network(weights, velocities, train, accuracy)


def learn(network, seed, data, advance):
    """Train from the start that ``seed`` gives; returns the training cost and the held-out accuracy after each epoch."""
    x, x_held_out, y, y_held_out = data
    rng = np.random.default_rng(seed)
    network.restart(rng)
    curve = []
    for epoch in range(EPOCHS):
        rate = RATE * (1 + cos(pi * epoch / EPOCHS)) / 2
        order = rng.permutation(len(x))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        cost = np.mean([network.train(x[batch], y[batch], rate) for batch in batches])
        curve.append((cost, float(network.accuracy(x_held_out, y_held_out))))
        advance()
    return np.array(curve)


def draw(curves, filters, path):
    """Learning curves of all seeds with their median in bold, and the hidden units with the largest weights as pictures."""
    figure = plt.figure(figsize=(13, 6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1), wspace=0.03)
    upper, lower = left.subplots(2, 1, sharex=True)
    epochs = np.arange(1, EPOCHS + 1)
    costs, accuracies = np.array([curve[:, 0] for curve in curves]), 100 * np.array([curve[:, 1] for curve in curves])
    for axes, values, colour in ((upper, costs, BLUE), (lower, accuracies, RED)):
        axes.plot(epochs, values.T, color=colour, alpha=0.3, linewidth=1)
        axes.plot(epochs, np.median(values, axis=0), color=colour, linewidth=2.2)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="0.92")
    upper.set(yscale="log", ylabel="training cost")
    upper.set_title(f"{len(curves)} random starts, median in bold", loc="left")
    lower.axhline(100 * WANTED, color="0.4", linestyle=":", linewidth=1.2)
    lower.set(xlabel="epoch", ylabel="held-out accuracy (%)", ylim=(min(90, accuracies.min() - 1), 100), xlim=(1, EPOCHS))

    right.suptitle("what the hidden units look for:  ink (blue)  or  none (red)")
    strongest = np.argsort(-np.linalg.norm(filters, axis=0))[:64]
    for unit, axes in zip(strongest, right.subplots(8, 8, gridspec_kw={"wspace": 0.06, "hspace": 0.06}).flat):
        limit = abs(filters[:, unit]).max()
        axes.imshow(filters[:, unit].reshape(8, 8), cmap="RdBu", vmin=-limit, vmax=limit, interpolation="bicubic")
        axes.set_axis_off()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main():
    console = Console()
    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype(theano.config.floatX)
    data = train_test_split(images, digits.astype("int64"), test_size=0.25, stratify=digits, random_state=0)

    network = build(pixels=images.shape[1], classes=10)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("epochs"), TimeElapsedColumn())
    curves = []
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("training", total=SEEDS * EPOCHS)
        for seed in range(SEEDS):
            curves.append(learn(network, seed, data, lambda: progress.advance(task)))
            console.print(f"seed {seed}: held-out accuracy {curves[-1][-1, 1]:.2%}")

    middle = median(curve[-1, 1] for curve in curves)
    console.print(f"median: held-out accuracy {middle:.2%} (wanted: at least {WANTED:.0%})")
    path = Path("digits.png")
    draw(curves, network.weights[0].get_value(), path)
    console.print(f"saved {path.resolve()}", soft_wrap=True)
    return 0 if middle >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
