// Compiles the contracts with the npm compiler to the committed artifacts. With --check it writes nothing and fails if a
// committed artifact is not what the sources give.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const solc = createRequire(import.meta.url)("solc");
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const settings = {
  optimizer: { enabled: true, runs: 1_000_000 },
  evmVersion: "cancun",
  metadata: { bytecodeHash: "ipfs" },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "storageLayout"] } },
};

/** Reads a source; packages are found under node_modules, so that the names in the metadata hold no machine's paths. */
const read = (path) => readFileSync(join(root, path.startsWith("@") ? `node_modules/${path}` : path), "utf8");

/** The artifact of a contract, which has a file of its name. */
const artifactOf = (name, folder) => {
  const source = `${folder}/${name}.sol`;
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

  const contract = compiled.contracts[source][name];
  const { outputSelection: _, ...recordedSettings } = settings;
  const sourceHashes = Object.fromEntries(
    [...used]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([path, text]) => [path, `0x${createHash("sha256").update(text).digest("hex")}`]),
  );
  return `${JSON.stringify(
    {
      contractName: name,
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
};

for (const [name, folder] of [
  ["RochdaleAnchor", "src"],
  ["RochdaleDistributor", "src"],
  // What the program's tests claim in.
  ["TestToken", "test"],
]) {
  const path = `artifacts/${name}.json`;
  const artifact = artifactOf(name, folder);
  if (process.argv.includes("--check")) {
    const committed = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
    if (committed !== artifact) {
      console.error(`${path} is not what the sources give; run npm run build and commit it`);
      process.exit(1);
    }
    console.log(`${path} is what the sources give`);
  } else {
    mkdirSync(join(root, "artifacts"), { recursive: true });
    writeFileSync(join(root, path), artifact);
    console.log(`wrote ${path}`);
  }
}
