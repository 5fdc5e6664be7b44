// Seats by the npm package `apportionment`: for each line {"total": 3, "weights": [1, 2]} the line of what Hamilton's method gives.

import { createInterface } from "node:readline";

// The package talks of itself on standard output while it is loaded, where our lines go.
const { log } = console;
console.log = () => {};
const { default: apportionment } = await import("apportionment");
console.log = log;

for await (const line of createInterface({ input: process.stdin })) {
  const { total, weights } = JSON.parse(line);
  console.log(JSON.stringify(apportionment.hamilton(weights, total).apportionment));
}
