// Makes the records of rules from their JSON, as docs/record.md says and with nothing of the Rust code, has ethers.js hash them and
// compares with governance/testdata/rules.json, which governance/src/rule/tests/words.rs holds to the code.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TypedDataEncoder } from "ethers";

const path = join(dirname(fileURLToPath(import.meta.url)), "../../governance/testdata/rules.json");
const rules = JSON.parse(readFileSync(path, "utf8"));
const zero = `0x${"00".repeat(32)}`;
const type = (text) => text.split(",").map((field) => ({ type: field.split(" ")[0], name: field.split(" ")[1] }));
const RuleV1 = type(
  "bytes32 ns,string method,uint16 seats,uint8 tie,uint64[] parameters,uint8 quorumCounts,uint8 quorumBase,uint64 quorumShare,uint64 quorumWhole,uint8 majorityBase,uint64 majorityShare,uint64 majorityWhole,bool majorityStrict,uint64 majorityMin,bytes32[] conditions,bool ballotsFinal,bool early,uint64 lateQuorumSeconds,uint64 noticeSeconds,uint64 carriedMax,bytes32 salt",
);
const ConditionV1 = type("uint8 answer,uint8 bound,uint8 base,uint64 share,uint64 whole");
const hash = (name, fields, value) => TypedDataEncoder.hashStruct(name, { [name]: fields }, value);

const bases = { roll: 1, constant: 2, square_root: 3 };
const needed = (at_least) => (at_least ? [bases[at_least.base], at_least.share?.share ?? at_least.votes ?? 0, at_least.share?.whole ?? 0] : [0, 0, 0]);
const ratio = ({ share, whole }) => [share, whole];
const parameters = (counting) =>
  ({
    approval: () => [counting.choices_max],
    score: () => [counting.points_max, ...(counting.unscored.as === "zero" ? [] : ratio(counting.unscored.scorers))],
    majority_judgment: () => [counting.grades],
    quadratic: () => [counting.credits],
    dots: () => [counting.dots],
    budget: () => [
      { greedy: 1, equal_shares: 2 }[counting.spending],
      { choices: 1, points: 2 }[counting.ballots.form],
      counting.ballots.choices_max ?? counting.ballots.points_max,
      counting.budget,
      ...counting.costs,
    ],
    schulze: () => (counting.default_option ? [...ratio(counting.default_option.share), ...needed(counting.default_option.at_least)] : []),
    copeland: () => (counting.default_option ? [...ratio(counting.default_option.share), ...needed(counting.default_option.at_least)] : []),
    consent: () => [counting.standing_max],
    optimistic: () => ratio(counting.against),
  })[counting.method]?.() ?? [];
const condition = ({ answer, bound, share, of }) =>
  hash("ConditionV1", ConditionV1, {
    answer: ["yes", "no", "abstain", "blank"].indexOf(answer),
    bound: { at_least: 1, no_more_than: 2 }[bound],
    base: { votes_cast: 1, eligible: 2 }[of],
    ...share,
  });

for (const { name, rule, hash: published } of rules) {
  const { counting, quorum } = rule;
  const { majority } = counting;
  const [quorumBase, quorumShare, quorumWhole] = needed(quorum?.at_least);
  const record = {
    ns: zero,
    method: counting.method,
    seats: counting.seats ?? (counting.method === "budget" ? 0 : 1),
    tie: { lot: 1, forbidden: 2 }[counting.tie] ?? 0,
    parameters: parameters(counting),
    quorumCounts: quorum ? { all_ballots: 1, yes_and_no: 2, yes_no_and_abstain: 3, yes_and_abstain: 4, yes: 5 }[quorum.counts] : 0,
    quorumBase,
    quorumShare,
    quorumWhole,
    majorityBase: majority ? { yes_and_no: 1, yes_no_and_abstain: 2, all_ballots: 3, roll: 4 }[majority.base] : 0,
    majorityShare: majority?.share.share ?? 0,
    majorityWhole: majority?.share.whole ?? 0,
    majorityStrict: majority?.threshold === "exceeded",
    majorityMin: majority?.min_yes ?? 0,
    conditions: rule.conditions.map(condition),
    ballotsFinal: rule.ballots_final,
    early: rule.early,
    lateQuorumSeconds: rule.late_quorum_seconds,
    noticeSeconds: rule.notice_seconds,
    carriedMax: rule.carried_max,
    salt: zero,
  };
  assert.equal(hash("RuleV1", RuleV1, record), published, name);
}
assert.ok(rules.length >= 33, `${rules.length} rules`);
console.log(`ethers.js gives the hashes of ${rules.length} rules`);
