// npm run test:node-versions: the contract tests on every Node that is promised, each from its npm package. On 24 there
// is no uWebSockets.js binary: the Node engine serves there, and the server's log must say why.
// `--only 24` runs one of them.
import { build } from './lib/build.mjs';
import { elapsed, fail, say, step } from './lib/console.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { fetchNode, NODE_RANGES, nodePackage } from './lib/other-nodes.mjs';
import { ensureProgram, REDIS } from './lib/system-packages.mjs';
import { runVitest } from './lib/vitest.mjs';

/** The contract of both engines in process, and the real server process: it starts, picks an engine and says why. */
const CONTRACT_TESTS = ['tests/contract', 'tests/integration/engine-choice.test.ts'];

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
for (const range of ranges) rows.push(await step(`Contract tests on Node ${range}`, () => testOn(range)));

say('\n  Node        tests                           time');
for (const row of rows) say(`  ${row.version.padEnd(10)}  ${row.result.padEnd(30)}  ${row.time}`);
process.exit(rows.some((row) => !row.ok) ? 1 : 0);

async function testOn(range) {
  const since = performance.now();
  const node = await fetchNode(range);
  if ('error' in node)
    return { version: range, ok: false, result: `not to be had: ${node.error}`, time: elapsed(since) };
  // The tests ask for it: what the version must be, so that nobody tests one Node thinking it is another.
  const env = { AISLE_TEST_NODE_VERSION: node.version };
  const { code, passed, failed, output } = await runVitest({
    args: CONTRACT_TESTS,
    node: node.binary,
    quiet: true,
    env,
  });
  const ok = code === 0 && failed === 0 && passed > 0;
  if (!ok) process.stdout.write(output);
  return { version: node.version, ok, result: `${passed} passed, ${failed} failed`, time: elapsed(since) };
}
