"""How long a program takes from rankings in memory to those elected, the fastest of some rounds (`cargo xtask bench count`)."""

import json
import sys
import time

from pref_voting.iterative_methods import instant_runoff
from pref_voting.margin_based_methods import beat_path
from pref_voting.profiles import Profile

import count


def profile_of(one):
    """Full rankings have a faster form there than partial ones."""
    return Profile([[rank[0] for rank in ranks] for _, ranks in one["papers"]], [weight for weight, _ in one["papers"]])


FULL = {
    ("irv", "pref_voting"): lambda one: sorted(map(int, instant_runoff(profile_of(one)))),
    ("schulze", "pref_voting"): lambda one: sorted(map(int, beat_path(profile_of(one)))),
}


def main():
    method, program, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    one = json.load(sys.stdin)
    run = {**count.STRICT, **count.EQUAL, **FULL}[(method, program)]
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        elected = run(one)
        best = min(best, time.perf_counter() - begin)
    print(json.dumps({"seconds": best, "elected": elected}))


if __name__ == "__main__":
    main()
