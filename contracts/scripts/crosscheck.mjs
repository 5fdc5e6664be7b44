// Has other people's programs check what the Rust code made: OpenZeppelin's package its trees and proofs, ethers.js the signers of its
// ballots. The certificates of counts are computed here from docs/record.md alone. governance/tests/ours.rs holds the file to the code.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { TypedDataEncoder, concat, id, keccak256, toBeHex, verifyTypedData } from "ethers";
import "./crosscheck_revenue.mjs";
import "./crosscheck_rules.mjs";

const path = join(dirname(fileURLToPath(import.meta.url)), "../../governance/testdata/ours.json");
const { trees, ballots, counts } = JSON.parse(readFileSync(path, "utf8"));
const shape = ["bytes32", "bytes32", "bytes32"];
const otherWord = `0x${"11".repeat(32)}`;

let proofs = 0;
for (const { root, leaves } of trees) {
  assert.equal(StandardMerkleTree.of(leaves.map(({ words }) => words), shape).root, root);
  for (const { words, proof } of leaves) {
    assert.ok(StandardMerkleTree.verify(root, shape, words, proof), `a proof of ${words[2]}`);
    const [tag, subject] = words;
    assert.ok(!StandardMerkleTree.verify(root, shape, [tag, subject, otherWord], proof), "a proof holds for anything");
    proofs += 1;
  }
}

// Written out here and not read from the code: a second source is what makes it a check.
const types = {
  BallotV1: [
    ["bytes32", "ns"],
    ["bytes32", "proposal"],
    ["bytes32", "proposalHash"],
    ["bytes32", "voter"],
    ["uint64", "revision"],
    ["uint16[]", "options"],
    ["uint32[]", "points"],
    ["bytes32", "reason"],
    ["bytes32", "salt"],
  ].map(([type, name]) => ({ type, name })),
};
for (const { domain, message, digest, wallet, signature } of ballots) {
  assert.equal(TypedDataEncoder.hash(domain, types, message), digest);
  assert.equal(verifyTypedData(domain, types, message, signature).toLowerCase(), wallet);
  const changed = { ...message, voter: otherWord };
  assert.notEqual(verifyTypedData(domain, types, changed, signature).toLowerCase(), wallet);
}

const word = (value) => (typeof value === "string" && value.startsWith("0x") ? value : toBeHex(BigInt(value), 32));
const hash = (...words) => keccak256(concat(words.map(word)));
const list = (values) => [values.length, ...values];
const units = (text) => text.replace(".", "");
const places = (text) => (text.split(".")[1] ?? "").length;
const decimal = (text) => [units(text), places(text)];
const rows = (table) => [table.length, ...table.flatMap(list)];
const text = (ratio) => ratio && [id(ratio)];
const extra = (name, words) => (words === undefined ? [] : [hash(id(name), ...words)]);

function tieHash({ stage, candidates, rule, chosen, lot }) {
  return hash(id("CountTieV1"), stage, ...list(candidates), { lookback: 1, lot: 2 }[rule], chosen, lot ?? 0);
}

function stageHash(stage, index) {
  const { transfer, keep } = stage;
  const moved = transfer
    ? [{ surplus: 1, exclusion: 2 }[transfer.kind], transfer.from, units(transfer.value)]
    : [0, 0, 0];
  const kept = keep && [Object.keys(keep).length, ...Object.entries(keep).flatMap(([one, part]) => [one, ...decimal(part)])];
  const extras = [...extra("quota", stage.quota && decimal(stage.quota)), ...extra("keep", kept), ...extra("rate", text(stage.rate))];
  return hash(
    id("CountStageV1"), index + 1, ...moved, ...list(Object.values(stage.totals).map(units)), units(stage.nontransferable),
    ...list(stage.elected), ...list(stage.excluded), ...list(stage.ties.map(tieHash)), ...list(extras),
  );
}

function certificateOf(count) {
  const totals = Object.values(count.stages[0].totals);
  const open = count.undecided;
  const undecided = open
    ? hash(id("CountUndecidedV1"), open.stage, ...list(open.candidates), { surplus: 1, exclusion: 2, place: 3 }[open.kind])
    : 0;
  const extras = [
    ...extra("quota", count.quota && decimal(count.quota)),
    ...extra("pairwise", count.pairwise && rows(count.pairwise)),
    ...extra("grades", count.grades && rows(count.grades)),
    ...extra("ranking", count.ranking && rows(count.ranking)),
    ...extra("share", text(count.share)),
  ];
  return hash(
    id("CountV1"), id(count.method), totals.length, count.seats, places(totals[0]), count.valid, count.blank,
    ...list(count.withdrawn), ...list(count.stages.map(stageHash)), ...list(count.elected), undecided, ...list(extras),
  );
}

for (const { count, certificate } of counts) assert.equal(certificateOf(count), certificate, `a count by ${count.method}`);

assert.ok(proofs === 39 && ballots.length === 8 && counts.length >= 4, `${proofs} proofs, ${ballots.length} ballots, ${counts.length} counts`);
console.log(`OpenZeppelin accepts ${proofs} proofs of ours, ethers.js recovers the signers of ${ballots.length} ballots, ${counts.length} certificates agree`);
