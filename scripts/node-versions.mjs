// npm run test:node-versions: the contract tests on every Node that is promised, each from its npm package. On 24 there
// is no uWebSockets.js binary: the Node engine serves there, and the server's log must say why.
// `--only 24` runs one of them.
import { build } from './lib/build.mjs';
import { fail, say, step } from './lib/console.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { contractTable, NODE_RANGES, nodePackage, runContractOn } from './lib/other-nodes.mjs';
import { ensureProgram, REDIS } from './lib/system-packages.mjs';

/** The contract of both engines in process, and the real server process: it starts, picks an engine and says why. */
const [flag, wanted] = process.argv.slice(2);
const ranges = flag === '--only' ? NODE_RANGES.filter((range) => range === wanted) : NODE_RANGES;
if (ranges.length === 0) fail(`There is no Node ${wanted} to test on.`, `Choose one of ${NODE_RANGES.join(', ')}.`);

checkNodeVersion();
if (nodePackage() === null) {
  say(
    `npm has no packaged Node for ${process.platform}-${process.arch}: only this Node ${process.versions.node} can be tested here.`,
  );
  process.exit(0);
}
await ensureNpmPackages();
await ensureProgram(REDIS);
await build();

const rows = [];
for (const range of ranges) rows.push(await step(`Contract tests on Node ${range}`, () => runContractOn(range)));
say(`\n${contractTable(rows)}`);
process.exit(rows.some((row) => !row.obtained || row.failed > 0) ? 1 : 0);
