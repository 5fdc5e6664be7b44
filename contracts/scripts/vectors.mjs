// Writes the vectors that the Rust code is tested against: Merkle trees by OpenZeppelin's package, EIP-712 hashes by
// ethers.js and a small log by Node. The values are made up from a counter, so that every run writes the same files.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, TypedDataEncoder, Wallet, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { logVectors } from "./log_vectors.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = join(root, "governance/testdata");
mkdirSync(folder, { recursive: true });

/** Writes one vector file, or with --check compares it with the committed one. */
const write = (name, value) => {
  const path = join(folder, name);
  const text = `${JSON.stringify(value, null, 1)}\n`;
  if (process.argv.includes("--check")) {
    if (readFileSync(path, "utf8") !== text) {
      console.error(`governance/testdata/${name} differs; run npm run vectors in contracts and commit it`);
      process.exitCode = 1;
    }
  } else {
    writeFileSync(path, text);
  }
};

const word = (text) => keccak256(toUtf8Bytes(text));
const shape = ["bytes32", "bytes32", "bytes32"];

const tree = (name, leaves) => {
  const merkle = StandardMerkleTree.of(leaves, shape);
  return {
    name,
    root: merkle.root,
    leaves: leaves.map((words, index) => ({
      words,
      hash: merkle.leafHash(words),
      proof: merkle.getProof(index),
    })),
  };
};
const leaf = (number) => [word("tag"), toBeHex(number, 32), word(`record ${number}`)];
const leaves = (count) => Array.from({ length: count }, (_, number) => leaf(number));

write("merkle.json", {
  format: "standard-v1",
  trees: [
    ...[1, 2, 3, 5, 8, 33].map((count) => tree(`${count} leaves`, leaves(count))),
    tree("a leaf twice", [...leaves(4), leaf(2)]),
    tree("all leaves alike", [leaf(7), leaf(7), leaf(7)]),
  ],
});

// Claims of RochdaleDistributor: the leaf as the contract computes it, in OpenZeppelin's tree.
const claimShape = ["bytes32", "uint256", "address", "address", "address", "uint256", "bytes32"];
const claimTree = (chain, count) => {
  const [distributor, token] = [`0x${"d1".repeat(20)}`, `0x${"70".repeat(20)}`];
  const claims = Array.from({ length: count }, (_, number) => ({
    account: `0x${word(`account ${number}`).slice(-40)}`,
    // The last is as large as a program that counts in 128 bits can hold beside the others.
    cumulative: number === 6 ? 2n ** 127n : BigInt(word(`earned ${number}`)) % 10n ** 12n,
    salt: word(`salt ${number}`),
  }));
  const rows = claims.map(({ account, cumulative, salt }) => [
    word("RochdaleDistributor.Claim.V1"),
    chain,
    distributor,
    token,
    account,
    cumulative,
    salt,
  ]);
  const merkle = StandardMerkleTree.of(rows, claimShape);
  return {
    chain_id: chain,
    distributor,
    token,
    root: merkle.root,
    total: claims.reduce((sum, { cumulative }) => sum + cumulative, 0n).toString(),
    claims: claims.map((claim, index) => ({
      ...claim,
      cumulative: claim.cumulative.toString(),
      leaf: merkle.leafHash(rows[index]),
      proof: merkle.getProof(index),
    })),
  };
};
write("claims.json", { format: "standard-v1", trees: [1, 2, 7, 20].map((count) => claimTree(31337 + count, count)) });

// The types as they stand in governance/src/record, written out again here on purpose: a second source is what makes it a test.
const field = (text) => {
  const [type, name] = text.split(" ");
  return { name, type };
};
const type = (text) => text.split(",").map(field);
const types = {
  ProposalV1: type(
    "bytes32 ns,bytes32 proposal,bytes32 text,bytes32 options,bytes32 actions,bytes32 rule,bytes32 roll,uint32 rollCount,uint128 rollWeight,uint64 opensAt,uint64 closesAt,uint8 secrecy,bytes32 salt",
  ),
  BallotV1: type(
    "bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 voter,uint64 revision,uint16[] options,uint32[] points,bytes32 reason,bytes32 salt",
  ),
  TallyV1: type(
    "bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 roll,bytes32 ballots,uint32 ballotCount,uint128 weight,uint128[] counts,uint8 outcome,uint64 logFrom,uint64 logTo,bytes32 delegations,bytes32 certificate,uint64 scale,bytes32 salt",
  ),
  RuleV1: type(
    "bytes32 ns,string method,uint16 seats,uint8 tie,uint64[] parameters,uint8 quorumCounts,uint8 quorumBase,uint64 quorumShare,uint64 quorumWhole,uint8 majorityBase,uint64 majorityShare,uint64 majorityWhole,bool majorityStrict,uint64 majorityMin,bytes32[] conditions,bool ballotsFinal,bool early,uint64 lateQuorumSeconds,uint64 noticeSeconds,uint64 carriedMax,bytes32 salt",
  ),
  ConditionV1: type("uint8 answer,uint8 bound,uint8 base,uint64 share,uint64 whole"),
  KindV1: type(
    "string kind,bytes32 rule,uint64 discussionSeconds,uint64 votingSecondsMin,uint64 votingSecondsMax,bool closeWhenAllVoted,uint16 sponsors,uint64 objectionSeconds,uint16 objectors,uint64 timelockSeconds,uint64 executionSeconds",
  ),
  ActionV1: type("bytes32 ns,uint16 option,string action,uint16 version,bytes32 subject,bytes32[] facts"),
  BylawsV1: type("bytes32 ns,uint64 version,bytes32[] kinds,uint8 admission,uint64 adoptedAt,bytes32 salt"),
  KeyRegistrationV1: type("bytes32 ns,bytes32 member,uint8 kind,bytes32 publicKey,bytes32 salt"),
  ReceiptV1: type("bytes32 ns,bytes32 subject,bytes32 recordHash,uint64 sequence,uint64 at,bytes32 salt"),
  EventV1: type("bytes32 ns,uint16 kind,bytes32 subject,bytes32 payload,uint64 at,bytes32 salt"),
  DelegationV1: type(
    "bytes32 ns,bytes32 truster,bytes32 trustee,uint8 scopeKind,bytes32 scope,uint64 validUntil,uint64 revision,bytes32 salt",
  ),
  ProxyBallotV1: type(
    "bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 holder,bytes32 member,uint64 revision,uint16[] options,uint32[] points,bytes32 salt",
  ),
  StatementLineV1: type("string step,uint64 shared,uint64 weight,uint64 amount"),
  StatementV1: type(
    "bytes32 ns,bytes32 cycle,bytes32 member,bytes32[] lines,int64 before,uint64 accrued,uint64 withheld,uint64 paid,uint64 dormant,int64 carried,bool held,bytes32 salt",
  ),
  PayoutV1: type(
    "bytes32 ns,bytes32 cycle,string period,string currency,bytes32 ruleset,bytes32 digest,bytes32 payoutDigest,bytes32 statements,uint64 members,uint128 total,bytes32 salt",
  ),
  ClaimRootV1: type(
    "bytes32 ns,bytes32 file,uint64 chainId,bytes32 distributor,bytes32 token,uint64 epoch,bytes32 root,uint128 total,bytes32 content,bytes32 statements,bytes32 salt",
  ),
  ContributionsV1: type(
    "bytes32 ns,bytes32 snapshot,bytes32 member,string metric,int64 firstDay,int64 lastDay,bytes32 digest,uint64 challengeUntil,bytes32 salt",
  ),
};

// Reserved: their names are taken, and nothing writes them yet.
const reserved = {
  ApprovalV1: type("bytes32 ns,bytes32 subject,bytes32 digest,bytes32 approver,bytes32 salt"),
  ConsentV1: type(
    "bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 member,uint64 revision,uint8 stance,bytes32 salt",
  ),
  ObjectionV1: type(
    "bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 member,uint64 revision,bytes32 reason,bytes32 salt",
  ),
  RevenueRuleV1: type(
    "bytes32 ns,uint64 version,bytes32 supersedes,string currency,uint8 exponent,uint64 effectiveFrom,bytes32[] steps,bytes32 salt",
  ),
  StepV1: type(
    "string step,string operation,string source,string target,uint128 amount,uint64 share,uint64 whole,bytes32 details",
  ),
};
const published = (all) =>
  Object.entries(all).map(([name, fields]) => {
    const text = TypedDataEncoder.from({ [name]: fields }).encodeType(name);
    return [name, { text, hash: word(text) }];
  });

// The registry: every type with its hash, as a bundle prints it.
write(
  "record_types.json",
  published({ ...types, ...reserved })
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([, { text, hash }]) => ({ type: text, hash })),
);

/** A value for a field: three rounds, of which the first is empty or zero and the last the largest that fits. */
const valueOf = ({ type, name }, round) => {
  const list = type.endsWith("[]");
  if (list) {
    const inner = { type: type.slice(0, -2), name };
    return Array.from({ length: round * 2 }, (_, index) => valueOf({ ...inner, name: `${name} ${index}` }, round));
  }
  if (type === "bytes32") return round === 0 ? `0x${"00".repeat(32)}` : word(`${name} ${round}`);
  if (type === "string") return ["", "scottish_stv", "Coopérative 🗳"][round];
  if (type === "bool") return round === 1;
  // The last of the signed ones is the lowest.
  if (type === "int64") return [0n, BigInt(word(name)) % (1n << 62n), -(1n << 63n)][round].toString();
  const bits = BigInt(type.slice("uint".length));
  return [0n, BigInt(word(name)) % (1n << (bits - 1n)), (1n << bits) - 1n][round].toString();
};

const namespace = word("namespace");
const wallet = new Wallet(`0x${"42".repeat(32)}`);
const registrar = `0x${"c0".repeat(20)}`;
const coop = "0190f3a0-0000-7000-8000-000000000001";
const coopWord = `0x${coop.replaceAll("-", "").padStart(64, "0")}`;
const encoded = (first, firstType) => keccak256(AbiCoder.defaultAbiCoder().encode([firstType, "bytes32"], [first, coopWord]));

const domains = {
  chain: {
    name: "Rochdale",
    version: "1",
    chainId: 31337,
    verifyingContract: "0x5fbdb2315678afecb367f032d93f642f64180aa3",
    salt: namespace,
  },
  noChain: { name: "Rochdale", version: "1", salt: namespace },
};

const records = [];
for (const name of Object.keys(types)) {
  const own = { [name]: types[name] };
  for (const round of [0, 1, 2]) {
    const value = Object.fromEntries(types[name].map((each) => [each.name, valueOf(each, round)]));
    const encoder = TypedDataEncoder.from(own);
    records.push({
      type: name,
      value,
      structHash: encoder.hash(value),
      digestOnChain: TypedDataEncoder.hash(domains.chain, own, value),
      digestWithoutChain: TypedDataEncoder.hash(domains.noChain, own, value),
      walletSignature: wallet.signingKey.sign(TypedDataEncoder.hash(domains.chain, own, value)).serialized,
    });
  }
}

const withoutChain = encoded(word("rochdale.coop"), "bytes32");

write("eip712.json", {
  namespaces: {
    coop,
    registrar,
    onChain: encoded(registrar, "address"),
    withoutChain,
  },
  domains: {
    chain: { ...domains.chain, separator: TypedDataEncoder.hashDomain(domains.chain) },
    noChain: { ...domains.noChain, separator: TypedDataEncoder.hashDomain(domains.noChain) },
  },
  wallet: wallet.address.toLowerCase(),
  types: Object.fromEntries(published(types)),
  records,
});

// The first things in a co-op's log, by the records of the second round above.
const logged = ["BylawsV1", "ProposalV1", "BallotV1"].map((name) => ({
  type: name,
  typeHash: keccak256(toUtf8Bytes(TypedDataEncoder.from({ [name]: types[name] }).encodeType(name))),
  structHash: records.filter((record) => record.type === name)[1].structHash,
}));
write("log.json", logVectors(withoutChain, logged));
