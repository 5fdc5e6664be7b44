// Runs forge from the npm package of this platform. Where none is installed it says so, loudly where a check must be complete.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const platform = { x64: "amd64", arm64: "arm64" }[process.arch];
const program = join(root, `node_modules/@foundry-rs/forge-${process.platform}-${platform}/bin/forge`);

if (!existsSync(program)) {
  console.log(`NOT RUN: contracts, forge for ${process.platform} ${process.arch} is not installed; run npm ci in contracts`);
  process.exit(process.env.CI === "true" ? 1 : 0);
}
const result = spawnSync(program, process.argv.slice(2), { cwd: root, stdio: "inherit" });
process.exit(result.status ?? 1);
