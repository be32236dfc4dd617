import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, describe, expect, test } from 'vitest';
import { configureFailpoints, failpoint, failpointHits } from '../../server/src/platform/failpoint.js';

const ROOT = resolve(import.meta.dirname, '../..');

describe('failpoints', () => {
  afterEach(() => {
    configureFailpoints(undefined);
  });

  test.each([undefined, ''])('off (%j): nothing happens and nothing is counted', async (specification) => {
    configureFailpoints(specification);
    await expect(failpoint('after-commit')).resolves.toBeUndefined();
    expect(failpointHits('after-commit')).toBe(0);
  });

  test('error: the call fails as INTERNAL and names the failpoint; others pass', async () => {
    configureFailpoints('after-commit=error');
    await expect(failpoint('after-commit')).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'failpoint after-commit',
    });
    await expect(failpoint('before-lua')).resolves.toBeUndefined();
  });

  test('every hit is counted, so that a test can prove that its failpoint fired', async () => {
    configureFailpoints('before-lua=delay:0, after-commit=error');
    await failpoint('before-lua');
    await failpoint('before-lua');
    await failpoint('after-commit').catch(() => undefined);
    expect([failpointHits('before-lua'), failpointHits('after-commit'), failpointHits('elsewhere')]).toEqual([2, 1, 0]);
    configureFailpoints('before-lua=delay:0');
    expect(failpointHits('before-lua')).toBe(0);
  });

  test('delay: the call returns no earlier than asked', async () => {
    configureFailpoints('before-lua=delay:40');
    const start = performance.now();
    await failpoint('before-lua');
    // Timers may fire up to a millisecond early.
    expect(performance.now() - start).toBeGreaterThanOrEqual(39);
  });

  test('exit: the process dies by SIGKILL at that place, with no handler run and nothing after it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'aisle-failpoint-'));
    const contents = `
      import { configureFailpoints, failpoint } from './server/src/platform/failpoint.ts';
      process.on('exit', () => console.log('exit handler ran'));
      configureFailpoints('after-commit=exit');
      console.log('before');
      await failpoint('after-commit');
      console.log('after');`;
    const outfile = join(folder, 'program.mjs');
    buildSync({
      stdin: { contents, resolveDir: ROOT, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['aisle-source'],
      outfile,
    });
    const child = spawnSync(process.execPath, [outfile], { encoding: 'utf8', timeout: 20_000 });
    rmSync(folder, { recursive: true });
    expect(child.signal).toBe('SIGKILL');
    expect(child.stdout).toBe('before\n');
    expect(child.stderr).toContain('failpoint after-commit: exit');
  });

  test.each([
    'after-commit',
    'after-commit=',
    '=exit',
    'after-commit=explode',
    'before-lua=delay:soon',
    'a=exit,,b=error',
  ])('a specification that cannot be read is refused: %s', (specification) => {
    expect(() => {
      configureFailpoints(specification);
    }).toThrow(/AISLE_FAILPOINTS: cannot read/);
  });
});
