"""The ways to copy a value as a whole: pickles by some protocols, a pickle by Python's own pickler, a deepcopy."""

import copy
import pickle


def by(protocol):
    return lambda thing: pickle.loads(pickle.dumps(thing, protocol))


def copiers(protocols):
    """By name."""
    return {
        **{f"protocol {p}": by(p) for p in protocols},
        "pickle in Python": lambda thing: pickle._loads(pickle._dumps(thing)),
        "deepcopy": copy.deepcopy,
    }
