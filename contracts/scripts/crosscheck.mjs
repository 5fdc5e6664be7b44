// Has other people's programs check what the Rust code made: OpenZeppelin's package its trees and proofs, ethers.js the signers of its
// ballots. governance/tests/ours.rs holds the file to the code.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { TypedDataEncoder, verifyTypedData } from "ethers";

const path = join(dirname(fileURLToPath(import.meta.url)), "../../governance/testdata/ours.json");
const { trees, ballots } = JSON.parse(readFileSync(path, "utf8"));
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

assert.ok(proofs === 39 && ballots.length === 8, `${proofs} proofs and ${ballots.length} ballots were checked`);
console.log(`OpenZeppelin accepts ${proofs} proofs of ours, ethers.js recovers the signers of ${ballots.length} ballots`);
