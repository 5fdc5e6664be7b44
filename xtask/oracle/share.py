"""Shares by two packages named apportionment, of PyPI and of npm, and compares them with ours.

The House of Representatives by Hamilton's method from the censuses among the shared data, and random shares. The package of PyPI
computes with exact fractions; that of npm with floating point, and is asked where that decides rightly: small numbers. Where two
remainders are equal each program has its own order, so such shares are not drawn. The last line is `N passed, N failed`.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

from apportionment.methods import TiesException, compute

HERE = pathlib.Path(__file__).resolve().parent
RANDOM_SHARES = 2_000
WEIGHT_MAX = 1_000_000
CENSUSES = ["1960", "1980", "2000", "2020"]


class Other:
    """A program that answers each line with a line."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def share(self, total, weights):
        self.process.stdin.write(json.dumps({"total": total, "weights": weights}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def exact(total, weights):
    """What the package of PyPI gives; None where remainders tie."""
    try:
        parties = [str(place) for place in range(len(weights))]
        return compute("hamilton", weights, total, fractions=True, parties=parties, tiesallowed=False)
    except TiesException:
        return None


def censuses(folder):
    """The populations of the states and the seats, and what the file says that Hamilton gives."""
    if not folder.exists():
        print(f"NOT RUN: oracle share of the House, {folder} is absent")
        return []
    cases = []
    for year in CENSUSES:
        census = json.loads((folder / f"us_house_{year}.json").read_text())
        states = census["states"]
        published = [state["hamilton_largest_remainder"] for state in states]
        cases.append((f"House {year}", census["seats"], [state["population"] for state in states], published))
    return cases


def drawn():
    chance = random.Random(7)
    while True:
        weights = [chance.randint(0, WEIGHT_MAX) for _ in range(chance.randint(1, 30))]
        total = chance.randint(1, 1_000)
        if sum(weights) > 0:
            yield total, weights


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--ours", required=True)
    arguments.add_argument("--data", required=True, type=pathlib.Path)
    options = arguments.parse_args()
    ours, npm = Other(options.ours), Other("node", HERE / "share.mjs")
    passed = failed = 0

    def compare(name, answers):
        nonlocal passed, failed
        if all(answer == answers[0] for answer in answers):
            passed += 1
        else:
            failed += 1
            print(f"{name}: ours, PyPI, npm, published: {answers}")

    for name, seats, populations, published in censuses(options.data / "ledger/us_house"):
        shares = [other(seats, populations) for other in (ours.share, exact, npm.share)]
        compare(name, [*shares, published])
    chances, left = drawn(), RANDOM_SHARES
    while left:
        total, weights = next(chances)
        by_fractions = exact(total, weights)
        if by_fractions is not None:
            left -= 1
            compare(f"{total} over {weights}", [ours.share(total, weights), by_fractions, npm.share(total, weights)])
    ours.close()
    npm.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
