import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../helpers/project-root.js';

/** The last commit of the version before this one: what runs when an upgrade begins. Move it on with each version. */
export const VERSION_BEFORE = process.env.AISLE_FAULTS_VERSION_BEFORE ?? '3517e57';

export interface EarlierBuild {
  readonly commit: string;
  /** For startAisle({dist}). */
  readonly dist: string;
  remove(): void;
}

const git = (...args: string[]): Buffer =>
  execFileSync('git', args, { cwd: projectRoot, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });

/** Builds an earlier version beside this one, from the git history, with the npm packages that are installed. Throws where that cannot be. */
export function buildEarlier(commit = VERSION_BEFORE): EarlierBuild {
  try {
    git('cat-file', '-e', `${commit}^{commit}`);
  } catch {
    throw new Error(
      `This test runs the version before this one, commit ${commit}, and that is not in the git history here. ` +
        'Fetch the whole history (git fetch --unshallow), or name another one: AISLE_FAULTS_VERSION_BEFORE=<commit>.',
    );
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'aisle-earlier-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: git('archive', '--format=tar', commit) });
    linkPackages(folder);
    execFileSync(process.execPath, ['scripts/build.mjs', '--quiet'], { cwd: folder, stdio: 'pipe' });
    return { commit, dist: path.join(folder, 'dist'), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Everything as it is installed here but our own packages: those are the earlier ones. */
function linkPackages(folder: string): void {
  const installed = path.join(projectRoot, 'node_modules');
  const own = path.join(folder, 'node_modules');
  mkdirSync(path.join(own, '@aisle'), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name === '@aisle' || name.startsWith('.aisle-') || name === '.cache' || name.startsWith('.vite')) continue;
    symlinkSync(path.join(installed, name), path.join(own, name));
  }
  for (const [name, workspace] of [
    ['client', 'client-sdk'],
    ['server', 'server-sdk'],
  ] as const)
    symlinkSync(path.join(folder, workspace), path.join(own, '@aisle', name));
  // What is installed is taken for what that version asks for: the build would else install anew.
  const lock = readFileSync(path.join(folder, 'package-lock.json'));
  writeFileSync(path.join(own, '.aisle-lockfile.sha256'), createHash('sha256').update(lock).digest('hex'));
}
