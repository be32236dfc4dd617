import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot, root } from './paths.mjs';
import { run } from './run.mjs';

/**
 * Runs vitest once and counts from its own report. A file that could not be loaded, and a run that failed without a
 * failed test (an unhandled rejection), count as one failed test each: "0 failed" is only said when all is well.
 *
 * @param {{args?: string[], node?: string, quiet?: boolean, env?: Record<string, string>}} options
 * @returns {Promise<{code: number, passed: number, failed: number, skipped: number, output: string}>}
 */
export async function runVitest({ args = [], node = process.execPath, quiet = false, env } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'aisle-report-'));
  const report = path.join(folder, 'vitest.json');
  try {
    const { code, output } = await run(
      node,
      [
        inRoot('node_modules', 'vitest', 'vitest.mjs'),
        'run',
        ...args,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
      ],
      { cwd: root, quiet, env },
    );
    return { code, output, ...count(report, code) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(report, code) {
  let parsed;
  try {
    parsed = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const unloadable = parsed.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = parsed.numFailedTests + unloadable.length;
  return {
    passed: parsed.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
  };
}
