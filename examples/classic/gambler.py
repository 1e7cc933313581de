"""The gambler's ruin: a Markov chain that runs until it meets one of its ends.

A gambler who has `start` coins wins or loses one at a time, with probability p of winning, until there are none or `goal` of them. How often is it
ruin, and how long does it take? A loop with ``until`` plays one game; a loop around it plays them all. There is an exact answer.
"""
import numpy as np

import theano
import theano.tensor as T
from theano.scan_module import until

p, start, goal = 0.48, 4, 10
games, longest = 20000, 400


def toss(luck, coins):
    coins = coins + T.switch(luck < p, 1, -1)
    return coins, until(T.or_(T.eq(coins, 0), T.eq(coins, goal)))


def game(lucks):
    coins, _ = theano.scan(toss, sequences=lucks, outputs_info=T.constant(start, dtype='int64'))
    return coins[-1], coins.shape[0]


lucks = T.matrix('lucks')
(ends, tosses), _ = theano.map(game, sequences=lucks)
play = theano.function([lucks], [ends, tosses])

last, taken = play(np.random.RandomState(7).uniform(size=(games, longest)))
assert set(last) == {0, goal}

odds = (1 - p) / p
ruin = (odds ** start - odds ** goal) / (1 - odds ** goal)
duration = (start - goal * (1 - ruin)) / (1 - 2 * p)
print('ruined: %.4f of the games, %.4f expected' % (np.mean(last == 0), ruin))
print('tosses: %.2f a game, %.2f expected, %d at most' % (taken.mean(), duration, taken.max()))
assert abs(np.mean(last == 0) - ruin) < 4 * np.sqrt(ruin * (1 - ruin) / games)
assert abs(taken.mean() - duration) < 4 * taken.std() / np.sqrt(games)
