// Compiles the contract with the npm compiler to the committed artifact. With --check it writes nothing and fails if the
// committed artifact is not what the sources give.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const solc = createRequire(import.meta.url)("solc");
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = "src/RochdaleAnchor.sol";
const artifactPath = join(root, "artifacts/RochdaleAnchor.json");

const settings = {
  optimizer: { enabled: true, runs: 1_000_000 },
  evmVersion: "cancun",
  metadata: { bytecodeHash: "ipfs" },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "storageLayout"] } },
};

/** Reads a source; packages are found under node_modules, so that the names in the metadata hold no machine's paths. */
const read = (path) => readFileSync(join(root, path.startsWith("@") ? `node_modules/${path}` : path), "utf8");

const used = new Map([[source, read(source)]]);
const compiled = JSON.parse(
  solc.compile(
    JSON.stringify({ language: "Solidity", sources: { [source]: { content: used.get(source) } }, settings }),
    {
      import: (path) => {
        used.set(path, read(path));
        return { contents: used.get(path) };
      },
    },
  ),
);
const complaints = compiled.errors ?? [];
if (complaints.length > 0) {
  console.error(complaints.map((complaint) => complaint.formattedMessage).join("\n"));
  process.exit(1);
}

const contract = compiled.contracts[source].RochdaleAnchor;
const { outputSelection: _, ...recordedSettings } = settings;
const sourceHashes = Object.fromEntries(
  [...used]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, text]) => [path, `0x${createHash("sha256").update(text).digest("hex")}`]),
);
const artifact = `${JSON.stringify(
  {
    contractName: "RochdaleAnchor",
    compiler: { version: solc.version(), settings: recordedSettings },
    sourceSha256: sourceHashes,
    abi: contract.abi,
    storageLayout: contract.storageLayout.storage.map(({ label, slot, offset }) => ({ label, slot, offset })),
    bytecode: `0x${contract.evm.bytecode.object}`,
    deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
  },
  null,
  2,
)}\n`;

if (process.argv.includes("--check")) {
  let committed = "";
  try {
    committed = readFileSync(artifactPath, "utf8");
  } catch {
    console.error("artifacts/RochdaleAnchor.json is missing; run npm run build and commit it");
    process.exit(1);
  }
  if (committed !== artifact) {
    console.error("artifacts/RochdaleAnchor.json differs from what the sources give; run npm run build and commit it");
    process.exit(1);
  }
  console.log("artifacts/RochdaleAnchor.json is what the sources give");
} else {
  mkdirSync(dirname(artifactPath), { recursive: true });
  writeFileSync(artifactPath, artifact);
  console.log("wrote artifacts/RochdaleAnchor.json");
}
