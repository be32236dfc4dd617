// npm test: everything that must hold before a change goes in. `npm test -- tests/unit/x.test.ts` hands its arguments
// to vitest and runs nothing else. The last line is always "N passed, N failed" (and ", N skipped" where there are).
import { build } from './lib/build.mjs';
import { elapsed, say, step } from './lib/console.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { contractTable, NODE_RANGES, nodePackage, runContractOn } from './lib/other-nodes.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { CHROMIUM, ensureProgram, REDIS } from './lib/system-packages.mjs';
import { runVitest } from './lib/vitest.mjs';

/** npm scripts that judge the text, no process started. Two at a time: that is what small CI machines have. */
const CHECKS = ['typecheck', 'lint', 'format:check', 'imports'];
const CHECKS_AT_ONCE = 2;

const args = process.argv.slice(2);

checkNodeVersion();
await ensureNpmPackages();
await ensureProgram(REDIS);
if (args.length === 0) await ensureProgram(CHROMIUM);

const failedChecks = [];
await step('Build', buildOrFail);
if (args.length === 0) await runChecks();

const tests = await step('Tests', () => runVitest({ args }));
const total = { passed: tests.passed, failed: tests.failed + failedChecks.length, skipped: tests.skipped };
if (args.length === 0) await runOnOtherNodes();

say('');
for (const check of failedChecks) say(`✗ npm run ${check} failed; its output is above.`);
say(`Everything took ${elapsed()}.`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
say(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 || tests.code !== 0 ? 1 : 0);

async function buildOrFail() {
  try {
    await build();
  } catch (error) {
    say(`${error.message}\nNothing was tested.\n0 passed, 1 failed`);
    process.exit(1);
  }
}

async function runChecks() {
  const waiting = [...CHECKS];
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const since = performance.now();
      const { code, output } = await run('npm', ['run', '--silent', check], { quiet: true, cwd: root });
      say(`${code === 0 ? '✓' : '✗'} ${check}: ${elapsed(since)}`);
      if (code === 0) continue;
      failedChecks.push(check);
      process.stdout.write(output);
    }
  };
  await step('Checks', () => Promise.all(Array.from({ length: CHECKS_AT_ONCE }, work)));
}

/** Half a minute each, beside each other. A Node that npm does not give (no such platform, no network) is said and counted as skipped. */
async function runOnOtherNodes() {
  const own = process.versions.node.split('.')[0];
  const ranges = NODE_RANGES.filter((range) => range.split('.')[0] !== own);
  if (nodePackage() === null) {
    say(`npm has no packaged Node for ${process.platform}-${process.arch}: tested on ${process.versions.node} alone.`);
    total.skipped += ranges.length;
    return;
  }
  const named = `Contract tests on Node ${ranges.join(' and ')}`;
  const rows = await step(named, () => Promise.all(ranges.map((range) => runContractOn(range))));
  say(contractTable(rows));
  for (const row of rows) {
    total.passed += row.passed;
    total.failed += row.failed;
    total.skipped += row.skipped + (row.obtained ? 0 : 1);
  }
}
