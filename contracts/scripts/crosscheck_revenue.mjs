// Makes the records of revenue rules from their JSON, as docs/record.md says and with nothing of the Rust code, has ethers.js hash them
// and compares with governance/testdata/revenue/rules.json, which governance/src/revenue/tests/rules.rs holds to the code.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TypedDataEncoder, concat, id, keccak256, toBeHex } from "ethers";

const path = join(dirname(fileURLToPath(import.meta.url)), "../../governance/testdata/revenue/rules.json");
const rules = JSON.parse(readFileSync(path, "utf8"));
const zero = `0x${"00".repeat(32)}`;
const type = (text) => text.split(",").map((field) => ({ type: field.split(" ")[0], name: field.split(" ")[1] }));
const types = {
  RevenueRuleV1: type("bytes32 ns,uint64 version,bytes32 supersedes,string currency,uint8 exponent,uint64 effectiveFrom,bytes32[] steps,bytes32 salt"),
  StepV1: type("string step,string operation,string source,string target,uint128 amount,uint64 share,uint64 whole,bytes32 details"),
};
const hash = (name, value) => TypedDataEncoder.hashStruct(name, { [name]: types[name] }, value);

const units = (text) => {
  const [whole, places = ""] = text.split(".");
  return BigInt(whole) * 100_000_000n + BigInt(places.padEnd(8, "0"));
};
const number = (value) => toBeHex(value, 32);
const details = (words) => (words.length === 0 ? zero : keccak256(concat(words)));
const months = { month: 1, quarter: 3, half_year: 6, year: 12 };
const rails = { sepa: 1, evm: 2, manual: 3 };
const none = { share: 0, whole: 0 };
const words = {
  fixed: ({ shortfall }) => [number({ partial: 1, refuse: 2 }[shortfall])],
  reserve: ({ until }) => {
    if (!until) return [];
    if (until.reaches === "amount") return [number(1), number(units(until.amount))];
    return [number(2), id(until.of), number(until.share.share), number(until.share.whole)];
  },
  capital_interest: ({ period }) => [number(months[period])],
  split: ({ parts }) => parts.flatMap(({ to, weight }) => [id(to), number(weight)]),
  patronage: ({ weights, cap, infeasible = "drop_floor", excess = "redistribute" }) => [
    number(cap ? { amount: 1, pool: 2 }[cap.of] : 0),
    number(cap?.amount ? units(cap.amount) : 0),
    number({ drop_floor: 1, refuse: 2 }[infeasible]),
    number({ redistribute: 1, stay: 2 }[excess]),
    ...weights.flatMap(({ metric, weight }) => [id(metric), number(weight)]),
  ],
};
const blank = { step: "", source: "", target: "", amount: 0, ...none, details: zero };
const step = ({ id: name, from = "pool:revenue", does }) => ({
  step: name,
  operation: does.op,
  source: from,
  target: does.to ?? "",
  amount: units(does.amount ?? does.floor ?? "0"),
  ...(does.share ?? does.annual ?? does.cap?.share ?? none),
  details: details(words[does.op]?.(does) ?? []),
});
const records = ({ steps, withholding = [], payout, notice, profile }) => [
  ...steps.map(step),
  ...withholding.map(({ id: name, profile: taxed, share, to, rounding }) => ({
    ...blank,
    ...share,
    step: name,
    operation: "withholding",
    target: to,
    details: details([id(taxed), number({ down: 1, up: 2 }[rounding])]),
  })),
  {
    ...blank,
    operation: "payout",
    target: payout.dormant?.to ?? "",
    amount: units(payout.min),
    details: details([number(payout.decimals), number(payout.dormant?.after_months ?? 0), ...payout.rails.map((rail) => number(rails[rail]))]),
  },
  ...(notice ? [{ ...blank, operation: "notice", ...notice.cash_share_min }] : []),
  ...(profile ? [{ ...blank, operation: "profile", step: profile }] : []),
];

for (const { name, rule, hash: published } of rules) {
  const record = {
    ns: zero,
    version: rule.version,
    supersedes: rule.supersedes ?? zero,
    currency: rule.currency,
    exponent: 8,
    effectiveFrom: rule.effective_from,
    steps: records(rule).map((each) => hash("StepV1", each)),
    salt: zero,
  };
  const made = hash("RevenueRuleV1", record);
  if (process.argv.includes("--print")) console.log(name, made);
  else assert.equal(made, published, name);
}
assert.ok(rules.length >= 4, `${rules.length} revenue rules`);
console.log(`ethers.js gives the hashes of ${rules.length} revenue rules`);
