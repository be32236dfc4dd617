import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** What the package on this machine says of the fix for CVE-2025-49844; `version`: with its revision. */
export type PackageWord =
  | { readonly kind: 'fixed' | 'old'; readonly version: string; readonly name: string }
  | { readonly kind: 'silent'; readonly version: string; readonly name: string }
  /** The package is fixed, but the process runs the program of the one before. */
  | { readonly kind: 'restart'; readonly version: string; readonly name: string }
  | { readonly kind: 'unknown'; readonly reason: string };

const CVE = 'CVE-2025-49844';
/** Where Debian mended its 7.0.15, which INFO goes on calling 7.0.15. */
const FIXED_IN_BOOKWORM = '5:7.0.15-1~deb12u6';
const RUN_TIMEOUT_MS = 2000;
const run = promisify(execFile);
const inflate = promisify(gunzip);

/**
 * Distributions mend an old version and keep its number, so the number does not tell. `info`: INFO of the Redis in question; it
 * must be a process of this machine (same pid, same program), or nothing is said about it.
 */
export async function askPackage(info: ReadonlyMap<string, string>): Promise<PackageWord> {
  const pid = Number(info.get('process_id'));
  const program = await runningProgram(pid);
  if (program === null)
    return { kind: 'unknown', reason: 'it does not run on this machine, or not as a process seen from here' };
  try {
    const { stdout: owner } = await run('dpkg-query', ['--search', program.path], { timeout: RUN_TIMEOUT_MS });
    const name = owner.split(':')[0] ?? '';
    const { stdout } = await run('dpkg-query', ['--show', '--showformat=${Version}', name], {
      timeout: RUN_TIMEOUT_MS,
    });
    const version = stdout.trim();
    const kind = await wordOn(name, version);
    return kind === 'fixed' && program.replaced ? { kind: 'restart', name, version } : { kind, name, version };
  } catch {
    return { kind: 'unknown', reason: `no Debian package owns ${program.path}` };
  }
}

/** null: there is no such process here, or it is no Redis. */
async function runningProgram(pid: number): Promise<{ path: string; replaced: boolean } | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  try {
    const exe = await readlink(`/proc/${pid}/exe`);
    const replaced = exe.endsWith(' (deleted)');
    const path = replaced ? exe.slice(0, -' (deleted)'.length) : exe;
    return /^(redis|valkey)/.test(basename(path)) ? { path, replaced } : null;
  } catch {
    return null;
  }
}

async function wordOn(name: string, version: string): Promise<'fixed' | 'old' | 'silent'> {
  if ((await changelog(name))?.includes(CVE) === true) return 'fixed';
  if (!/deb12u\d+$/.test(version)) return 'silent';
  return (await atLeast(version, FIXED_IN_BOOKWORM)) ? 'fixed' : 'old';
}

/** null: small images leave it away. */
async function changelog(name: string): Promise<string | null> {
  try {
    return (await inflate(await readFile(`/usr/share/doc/${name}/changelog.Debian.gz`))).toString('utf8');
  } catch {
    return null;
  }
}

/** By dpkg's own order; it says so by its exit status. */
async function atLeast(version: string, floor: string): Promise<boolean> {
  try {
    await run('dpkg', ['--compare-versions', version, 'ge', floor], { timeout: RUN_TIMEOUT_MS });
    return true;
  } catch {
    return false;
  }
}
