import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fail, step } from './console.mjs';
import { inRoot, root } from './paths.mjs';
import { run } from './run.mjs';

/** Lies in node_modules, so that it goes when they go. */
const stampFile = () => inRoot('node_modules', '.aisle-lockfile.sha256');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex');

/**
 * Whether what is installed is what package-lock.json says. npm leaves its own copy of the lock file in node_modules,
 * rewritten by every `npm install`: newer than the lock file means somebody installed by hand, and that counts.
 */
function areInstalled() {
  if (!existsSync(inRoot('node_modules', '.package-lock.json'))) return false;
  if (existsSync(stampFile()) && readFileSync(stampFile(), 'utf8') === lockHash()) return true;
  return sameVersions();
}

function sameVersions() {
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  const installed = read(inRoot('node_modules', '.package-lock.json'));
  return Object.entries(read(inRoot('package-lock.json'))).every(([folder, wanted]) => {
    if (folder === '' || wanted.link === true || !folder.includes('node_modules/')) return true;
    const found = installed[folder];
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/** Installs exactly what package-lock.json names when it is missing or has changed since; else takes milliseconds. */
export async function ensureNpmPackages() {
  if (!areInstalled()) {
    await step('Installing npm packages (about a minute the first time)', async () => {
      const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
      const { code } = await run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root });
      if (code !== 0)
        fail(`npm ci failed with exit code ${code}; its messages are above.`, 'Mend that and start again.');
    });
  }
  writeFileSync(stampFile(), lockHash());
}
