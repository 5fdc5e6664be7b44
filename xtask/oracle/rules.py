"""What the classes of differences rest on: small counts of the rules that other programs follow where they part from ours."""

from decimal import Decimal, getcontext
from fractions import Fraction
from functools import cache

getcontext().prec = 60

# Differences below this are a tie of the limit: our surplus counts as none from there on.
NEAR = Decimal(10) ** -6
NONE = Decimal(10) ** -40


def is_strict(one):
    return all(len(rank) == 1 for _, ranks in one["papers"] for rank in ranks)


def papers_of(one):
    return [(weight, [rank[0] for rank in ranks]) for weight, ranks in one["papers"]]


def firsts(papers, left):
    totals = dict.fromkeys(left, 0)
    for weight, ranking in papers:
        first = next((c for c in ranking if c in left), None)
        if first is not None:
            totals[first] += weight
    return totals


def majority(totals):
    most = [c for c, votes in totals.items() if 2 * votes > sum(totals.values())]
    return most or (list(totals) if len(totals) == 1 else [])


def runoffs(one):
    """Every winner of an instant runoff, whoever of those last is excluded."""
    papers = papers_of(one)

    @cache
    def winners(left):
        totals = firsts(papers, left)
        if won := majority(totals):
            return {tuple(won)}
        last = [c for c in left if totals[c] == min(totals.values())]
        return set().union(*(winners(left - {c}) for c in last))

    return [list(won) for won in winners(frozenset(range(one["candidates"])))]


def together(one):
    """An instant runoff that excludes all who are last at once; where that is everybody, all win."""
    papers, left = papers_of(one), frozenset(range(one["candidates"]))
    while True:
        totals = firsts(papers, left)
        if won := majority(totals):
            return won
        last = {c for c in left if totals[c] == min(totals.values())}
        if last == left:
            return sorted(left)
        left -= last


def transferable(one, exact_quota=False, together=False, by_paper=False, with_exhausted=False):
    """Every result of the statute's count with exact fractions and every way to settle a tie.

    Or with a quota that is not rounded up and must be exceeded; or with the surpluses of a stage handed on together; or with
    equal parts for each paper that is handed on, whatever it was worth before; or with the exhausted papers taken as one more
    candidate when all but the last are kept, so that two go where more papers are exhausted than somebody has.
    """
    seats = one["seats"]
    papers = papers_of(one)
    all_papers = sum(weight for weight, _ in papers)
    quota = Fraction(all_papers, seats + 1) if exact_quota else all_papers // (seats + 1) + 1
    results = set()

    def held(pile):
        return sum(number * value for number, value, _ in pile)

    def hand_on(piles, those, keep):
        """Who has a surplus keeps the quota; who is excluded keeps nothing."""
        moved = {c: list(pile) for c, pile in piles.items() if c not in those}
        for c in those:
            total, number = held(piles[c]), sum(number for number, _, _ in piles[c])
            surplus = total - quota if total > quota else None
            moved[c] = [(1, Fraction(quota), ())] if surplus else []
            for papers, value, ranking in piles[c]:
                if by_paper:
                    value = (surplus or total) / Fraction(number)
                elif surplus:
                    value *= surplus / total
                at = next((at for at, c in enumerate(ranking) if c in keep), None)
                if at is not None:
                    moved[ranking[at]] = moved.get(ranking[at], list(piles[ranking[at]])) + [(papers, value, ranking[at:])]
        return moved

    def go(piles, continuing, elected, surpluses):
        totals = {c: held(pile) for c, pile in piles.items()}
        reached = {c for c in continuing if totals[c] > quota or totals[c] == quota and not exact_quota}
        continuing, elected = continuing - reached, elected | reached
        surpluses = surpluses | {c for c in reached if totals[c] > quota}
        if len(elected) > seats:
            return
        if len(continuing) + len(elected) <= seats:
            elected, continuing = elected | continuing, frozenset()
        if len(elected) >= seats or not continuing:
            results.add(tuple(sorted(elected)))
        elif surpluses and together:
            go(hand_on(piles, surpluses, continuing), continuing, elected, frozenset())
        elif surpluses:
            for c in [c for c in surpluses if totals[c] == max(totals[c] for c in surpluses)]:
                go(hand_on(piles, [c], continuing), continuing, elected, surpluses - {c})
        else:
            exhausted = all_papers - sum(totals.values())
            order = sorted(continuing, key=totals.get)
            if with_exhausted and exhausted > totals[order[0]] and len(order) > 2:
                keep = frozenset(order[2:]) if exhausted > totals[order[1]] else frozenset(order[1:])
                go(hand_on(piles, order[: len(order) - len(keep)], keep), keep, elected, surpluses)
                return
            for c in [c for c in continuing if totals[c] == min(totals[c] for c in continuing)]:
                go(hand_on(piles, [c], continuing - {c}), continuing - {c}, elected, surpluses)

    everyone = frozenset(range(one["candidates"]))
    piles = {c: [(weight, Fraction(1), tuple(r)) for weight, r in papers if r[0] == c] for c in everyone}
    go(piles, everyone, frozenset(), frozenset())
    return [list(result) for result in results]


def meek(one):
    """Every result of Meek's method in sixty digits, where whoever is nearly last may be defeated and nearly a quota is one."""
    count, seats, papers = one["candidates"], one["seats"], papers_of(one)
    results = set()

    def settle(hopeful, elected):
        """The totals at rest while these are elected."""
        keep = [Decimal(1 if c in hopeful or c in elected else 0) for c in range(count)]
        while True:
            totals = [Decimal(0)] * count
            for weight, ranking in papers:
                rest = Decimal(weight)
                for c in ranking:
                    totals[c] += rest * keep[c]
                    rest -= rest * keep[c]
            quota = sum(totals) / (seats + 1)
            if sum(max(totals[c] - quota, 0) for c in elected) < NONE:
                return totals, quota
            if any(totals[c] > quota + NEAR for c in hopeful):
                return totals, quota
            for c in elected:
                keep[c] = keep[c] * quota / totals[c]

    def go(hopeful, elected):
        if len(elected) >= seats or len(hopeful) + len(elected) <= seats:
            results.add(tuple(sorted(elected if len(elected) >= seats else elected | hopeful)))
            return
        totals, quota = settle(hopeful, elected)
        reached = {c for c in hopeful if totals[c] > quota + NEAR}
        if reached:
            return go(hopeful - reached, elected | reached)
        for c in [c for c in hopeful if abs(totals[c] - quota) <= NEAR]:
            go(hopeful - {c}, elected | {c})
        least = min(totals[c] for c in hopeful)
        for c in [c for c in hopeful if totals[c] <= least + NEAR]:
            go(hopeful - {c}, elected)

    go(frozenset(range(count)), frozenset())
    return [list(result) for result in results]


def strongest(pairs):
    """The votes of the weakest pair of the strongest path between every two."""
    everyone = range(len(pairs))
    paths = [[pairs[a][b] if pairs[a][b] > pairs[b][a] else 0 for b in everyone] for a in everyone]
    for middle in everyone:
        for a in everyone:
            for b in everyone:
                paths[a][b] = max(paths[a][b], min(paths[a][middle], paths[middle][b]))
    return paths


def unbeaten(pairs):
    """Schulze's winners where a path is as strong as the votes of its weakest pair, and votes against do not matter."""
    paths, everyone = strongest(pairs), range(len(pairs))
    return [a for a in everyone if all(paths[a][b] >= paths[b][a] for b in everyone if b != a)]


def most_beaten(pairs):
    paths, everyone = strongest(pairs), range(len(pairs))
    beaten = [sum(paths[a][b] > paths[b][a] for b in everyone if b != a) for a in everyone]
    return [a for a in everyone if beaten[a] == max(beaten)]


def most_points(pairs, among=None):
    everyone = range(len(pairs))
    points = [sum((pairs[a][b] > pairs[b][a]) - (pairs[a][b] < pairs[b][a]) for b in everyone) for a in everyone]
    those = list(everyone if among is None else among)
    return [a for a in those if points[a] == max(points[b] for b in those)]


def decided(pairs):
    """Those who beat somebody or are beaten."""
    everyone = range(len(pairs))
    return [a for a in everyone if any(pairs[a][b] != pairs[b][a] for b in everyone)]


def named(one):
    """Those who stand on a ballot."""
    return {c for _, ranks in one["papers"] for rank in ranks for c in rank}


def is_idle(one, answer):
    """Whether nobody beats anybody of those who stand on a ballot: then some programs know nobody at all."""
    pairs, those = answer["pairwise"], named(one)
    return all(pairs[a][b] == pairs[b][a] for a in those for b in those)
