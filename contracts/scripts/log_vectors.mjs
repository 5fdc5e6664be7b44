// The log of docs/record.md, section 11, written from that page with nothing but Node's SHA-256 and Ed25519.
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const bytes = (hex) => Buffer.from(hex.slice(2), "hex");
const hex = (buffer) => `0x${buffer.toString("hex")}`;

const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

/** The largest power of two smaller than the number. */
const split = (count) => 2 ** Math.floor(Math.log2(count - 1));

/** RFC 6962, 2.1, by its definition. */
const rootOf = (leaves) => {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  const middle = split(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, middle)), rootOf(leaves.slice(middle)));
};

/** RFC 6962, 2.1.1. */
const inclusion = (index, leaves) => {
  if (leaves.length === 1) return [];
  const middle = split(leaves.length);
  const [left, right] = [leaves.slice(0, middle), leaves.slice(middle)];
  return index < middle ? [...inclusion(index, left), rootOf(right)] : [...inclusion(index - middle, right), rootOf(left)];
};

/** RFC 6962, 2.1.2. */
const consistency = (first, leaves, isWhole = true) => {
  if (first === leaves.length) return isWhole ? [] : [rootOf(leaves)];
  const middle = split(leaves.length);
  const [left, right] = [leaves.slice(0, middle), leaves.slice(middle)];
  return first <= middle
    ? [...consistency(first, left, isWhole), rootOf(right)]
    : [...consistency(first - middle, right, false), rootOf(left)];
};

/** A signer of notes by its seed, which is published: this key signs nothing but vectors. */
const signer = (origin, seed) => {
  // Node reads an Ed25519 seed only in the wrapping of RFC 8410.
  const wrapped = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const secret = createPrivateKey({ key: wrapped, format: "der", type: "pkcs8" });
  const key = Buffer.from(createPublicKey(secret).export({ format: "jwk" }).x, "base64url");
  const typed = Buffer.concat([Buffer.from([1]), key]);
  const id = sha256(Buffer.from(`${origin}\n`), typed).subarray(0, 4);
  return {
    key,
    id,
    text: `${origin}+${id.toString("hex")}+${typed.toString("base64")}`,
    note: (text) => {
      const signature = Buffer.concat([id, sign(null, Buffer.from(text), secret)]);
      return `${text}\n\u2014 ${origin} ${signature.toString("base64")}\n`;
    },
  };
};

/** Every step from the records, each with its type hash and struct hash, to the published files. */
export const logVectors = (namespace, records) => {
  const origin = `vote.example/log/${namespace.slice(2)}`;
  const seed = Buffer.alloc(32, 0x11);
  const log = signer(origin, seed);
  const entries = records.map(({ typeHash, structHash }) =>
    Buffer.concat([Buffer.from([1]), bytes(typeHash), bytes(structHash)]),
  );
  const leaves = entries.map(leafHash);
  const sizes = [...leaves.keys(), leaves.length];
  const width = leaves.length;
  const bundle = entries.map((entry) => Buffer.concat([Buffer.from([entry.length >> 8, entry.length & 0xff]), entry]));
  return {
    namespace,
    origin,
    key: { seed: hex(seed), publicKey: hex(log.key), id: log.id.toString("hex"), text: log.text },
    entries: records.map((record, index) => ({
      ...record,
      entry: hex(entries[index]),
      leafHash: hex(leaves[index]),
    })),
    checkpoints: sizes.map((size) => {
      const root = rootOf(leaves.slice(0, size));
      return { size, root: hex(root), note: log.note(`${origin}\n${size}\n${root.toString("base64")}\n`) };
    }),
    tiles: {
      [`tile/entries/000.p/${width}`]: hex(Buffer.concat(bundle)),
      [`tile/0/000.p/${width}`]: hex(Buffer.concat(leaves)),
    },
    inclusion: leaves.map((_, index) => ({ index, size: width, proof: inclusion(index, leaves).map(hex) })),
    consistency: sizes
      .slice(1, -1)
      .map((first) => ({ first, second: width, proof: consistency(first, leaves).map(hex) })),
  };
};
