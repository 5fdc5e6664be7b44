"""Counts random elections by other programs and compares them with ours.

Every difference belongs to a class that is shown to explain it by a small count of the other program's rule here; one that fits
no class is printed and fails. docs/counting.md names the classes. Started by main.py, in an environment of its own.
"""

import argparse
import collections
import json
import logging
import random
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import pyrankvote
import votelib.convert
import votelib.evaluate.condorcet
import votelib.evaluate.core
import votelib.evaluate.sequential
from pref_voting.c1_methods import copeland
from pref_voting.iterative_methods import instant_runoff_for_truncated_linear_orders
from pref_voting.margin_based_methods import beat_path
from pref_voting.profiles_with_ties import ProfileWithTies
from pref_voting.proportional_methods import stv_meek, stv_scottish

import rules

CANDIDATES_MAX = 5


def election(chance):
    """Few papers make many ties, many papers make few; a third of all elections rank candidates equally."""
    candidates = chance.randint(2, CANDIDATES_MAX)
    equal = chance.random() < 1 / 3
    papers = []
    for _ in range(chance.choice([3, 5, 8, 15])):
        order = list(range(candidates))
        chance.shuffle(order)
        order = order[: chance.randint(1, candidates)]
        ranks = []
        while order:
            size = min(len(order), chance.choice([1, 1, 2, 3]) if equal else 1)
            ranks.append(order[:size])
            order = order[size:]
        papers.append([chance.randint(1, chance.choice([2, 9, 99])), ranks])
    seats = chance.randint(1, max(1, candidates - 1))
    return {"candidates": candidates, "seats": seats, "papers": papers}


def ours(program, elections):
    text = "".join(json.dumps(one) + "\n" for one in elections)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def profile_of(one):
    rankings = [{c: at for at, rank in enumerate(ranks, 1) for c in rank} for _, ranks in one["papers"]]
    counts = [weight for weight, _ in one["papers"]]
    profile = ProfileWithTies(rankings, counts, candidates=list(range(one["candidates"])))
    profile.use_extended_strict_preference()
    return profile


def schulze_pref_voting(one):
    """It measures pairs by margins unless told to measure them by votes for."""
    profile = profile_of(one)
    return sorted(beat_path(profile, strength_function=profile.support))


def flat(found):
    """The candidates of votelib's answer; its ties are sets of several."""
    tie = votelib.evaluate.core.Tie
    return sorted({c for entry in found for c in (entry if isinstance(entry, tie) else [entry])})


def votes_of(one):
    votes = collections.Counter()
    for weight, ranks in one["papers"]:
        votes[tuple(rank[0] if len(rank) == 1 else frozenset(rank) for rank in ranks)] += weight
    return dict(votes)


def pairs_of(one):
    return votelib.convert.RankedToCondorcetVotes(unranked_at_bottom=True).convert(votes_of(one))


def schulze_votelib(one):
    return flat(votelib.evaluate.condorcet.Schulze().evaluate(pairs_of(one), 1))


def copeland_votelib(one):
    return flat(votelib.evaluate.condorcet.Copeland(second_order=False).evaluate(pairs_of(one), 1))


def transferable_votelib(one, seats):
    selector = votelib.evaluate.sequential.TransferableVoteSelector(quota_function="droop", transferer="Gregory")
    return flat(selector.evaluate(votes_of(one), seats))


def ballots_of(one):
    names = [pyrankvote.Candidate(str(c)) for c in range(one["candidates"])]
    ballots = []
    for weight, ranks in one["papers"]:
        ballot = pyrankvote.Ballot(ranked_candidates=[names[rank[0]] for rank in ranks])
        ballots.extend([ballot] * weight)
    return names, ballots


def runoff_pyrankvote(one):
    return named(pyrankvote.instant_runoff_voting(*ballots_of(one)))


def transferable_pyrankvote(one):
    return named(pyrankvote.single_transferable_vote(*ballots_of(one), number_of_seats=one["seats"]))


def named(result):
    return sorted(int(candidate.name) for candidate in result.get_winners())


def scottish_pref_voting(one):
    return sorted(stv_scottish(profile_of(one), num_seats=one["seats"], rng=random.Random(1)))


STRICT = {
    ("irv", "pref_voting"): lambda one: sorted(instant_runoff_for_truncated_linear_orders(profile_of(one))),
    ("irv", "pyrankvote"): runoff_pyrankvote,
    ("irv", "votelib"): lambda one: transferable_votelib(one, 1),
    ("scottish-stv", "pref_voting"): scottish_pref_voting,
    ("scottish-stv", "pyrankvote"): transferable_pyrankvote,
    ("scottish-stv", "votelib"): lambda one: transferable_votelib(one, one["seats"]),
    ("meek", "pref_voting"): lambda one: sorted(stv_meek(profile_of(one), num_seats=one["seats"])),
}
EQUAL = {
    ("schulze", "pref_voting"): schulze_pref_voting,
    ("schulze", "votelib"): schulze_votelib,
    ("copeland", "pref_voting"): lambda one: sorted(copeland(profile_of(one))),
    ("copeland", "votelib"): copeland_votelib,
}


def answer_of(run, one):
    """What a program elects; where it gives up, its words."""
    try:
        return run(one)
    except (NotImplementedError, votelib.evaluate.core.VotingSystemError) as refusal:
        return str(refusal)


def kind(method, one, answer, theirs):
    """The class of a pair of answers; None where nothing here explains how they differ."""
    if isinstance(theirs, str):
        return f"gives up: {theirs}"
    if not answer["open"] and theirs == answer["elected"]:
        return "equal"
    if theirs in answer["possible"]:
        return "lot: theirs is one of the results that a lot can have"
    if not is_sound(method, one, answer):
        return None
    for name, explains in CLASSES[method]:
        if explains(one, answer, theirs):
            return name
    return None


def is_sound(method, one, answer):
    """Whether ours is a result that the method can have: no class may hide a fault of ours."""
    results = answer["possible"] if answer["open"] else [answer["elected"]]
    if method in ("schulze", "copeland"):
        winners = (rules.unbeaten if method == "schulze" else rules.most_points)(answer["pairwise"])
        return all(len(result) == 1 and result[0] in winners for result in results)
    possible = {"irv": rules.runoffs, "scottish-stv": rules.transferable, "meek": rules.meek}[method](one)
    return all(result in possible for result in results)


def has_tie(answer):
    return answer["open"] or answer["look_back"]


CLASSES = {
    "irv": [
        ("all the last at once: they exclude everyone who ties for last together", lambda one, answer, theirs: has_tie(answer) and theirs == rules.together(one)),
        (
            "look-back: we look back, they settle the tie otherwise",
            lambda one, answer, theirs: answer["look_back"] and theirs in rules.runoffs(one),
        ),
    ],
    "scottish-stv": [
        ("decimals: five decimals or look-back tell apart who ties in their fractions", lambda one, _, theirs: theirs in rules.transferable(one)),
        (
            "together: they hand all surpluses of a stage on at once",
            lambda one, _, theirs: theirs in rules.transferable(one, together=True),
        ),
        (
            "exhausted: they take exhausted papers as one more candidate and exclude two at once",
            lambda one, _, theirs: theirs in rules.transferable(one, together=True, with_exhausted=True),
        ),
        (
            "quota: theirs is not rounded up and must be exceeded",
            lambda one, _, theirs: theirs in rules.transferable(one, exact_quota=True)
            or theirs in rules.transferable(one, exact_quota=True, together=True),
        ),
        (
            "papers: they give every paper handed on an equal part, whatever it was worth",
            lambda one, _, theirs: theirs in rules.transferable(one, exact_quota=True, together=True, by_paper=True),
        ),
    ],
    "meek": [
        ("limit: only the last decimals tell a tie of the limit apart", lambda one, _, theirs: theirs in rules.meek(one)),
    ],
    "schulze": [
        ("nobody: they know only candidates whom some ballot compares", lambda one, answer, theirs: not theirs and rules.is_idle(one, answer)),
        (
            "votes against: theirs are all who are unbeaten by votes for alone",
            lambda one, answer, theirs: theirs == rules.unbeaten(answer["pairwise"]),
        ),
        (
            "most beaten: of those unbeaten they elect who beats most",
            lambda one, answer, theirs: theirs == rules.most_beaten(answer["pairwise"]),
        ),
    ],
    "copeland": [
        ("nobody: they know only candidates whom some ballot compares", lambda one, answer, theirs: not theirs and rules.is_idle(one, answer)),
        (
            "margins: all with the most points are theirs, of whom we take the larger margins",
            lambda one, answer, theirs: theirs == rules.most_points(answer["pairwise"]),
        ),
        (
            "nobody: they know only candidates whom some ballot compares",
            lambda one, answer, theirs: theirs == rules.most_points(answer["pairwise"], rules.decided(answer["pairwise"])),
        ),
    ],
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--ours", required=True)
    arguments.add_argument("--profiles", type=int, required=True)
    arguments.add_argument("--seed", type=int, required=True)
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    elections = [election(chance) for _ in range(options.profiles)]
    found, failed = collections.Counter(), set()
    for one, answers in zip(elections, ours(options.ours, elections), strict=True):
        programs = {**STRICT, **EQUAL} if rules.is_strict(one) else EQUAL
        for (method, program), run in programs.items():
            theirs = answer_of(run, one)
            name = kind(method, one, answers[method], theirs)
            if name is None:
                failed.add((method, program))
                print(f"UNEXPLAINED {method}, {program}: {json.dumps(one)}\n  ours {answers[method]}\n  theirs {theirs}")
            else:
                found[(method, program, name)] += 1
    for (method, program, name), times in sorted(found.items()):
        print(f"{method:<13} {program:<12} {times:>6}  {name}")
    print(f"{sum(found.values())} comparisons of {options.profiles} elections from seed {options.seed}")
    # A method by a program is one check.
    print(f"{len(STRICT) + len(EQUAL) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
