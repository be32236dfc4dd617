import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const ROOT = resolve(import.meta.dirname, '../..');
const ranges = z.record(z.string(), z.string()).default({});
const manifestSchema = z.object({
  engines: z.object({ node: z.string() }),
  dependencies: ranges,
  devDependencies: ranges,
  optionalDependencies: ranges,
});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      integrity: z.string().optional(),
      license: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
});
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const lock = lockSchema.parse(readJson('package-lock.json'));

/** Installed copies of a package, wherever they nest: [path in node_modules, version]. */
const copies = (name: string): [string, string][] =>
  Object.entries(lock.packages)
    .filter(([path]) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`))
    .map(([path, entry]) => [path, entry.version ?? '0.0.0']);

function atLeast(version: string, floor: string): boolean {
  const parts = (text: string): number[] => (text.split('-')[0] ?? '').split('.').map(Number);
  const [have, want] = [parts(version), parts(floor)];
  const differing = [0, 1, 2].find((i) => (have[i] ?? 0) !== (want[i] ?? 0));
  return differing === undefined || (have[differing] ?? 0) > (want[differing] ?? 0);
}

describe('lockfile', () => {
  test('atLeast compares numbers, not text', () => {
    expect([
      atLeast('6.6.11', '6.6.9'),
      atLeast('6.6.9', '6.6.11'),
      atLeast('4.2.7', '4.2.7'),
      atLeast('10.0.0', '9.9.9'),
    ]).toEqual([true, false, true, true]);
  });

  // Below these are known holes that a stranger on a socket can use: prototype pollution and binary-attachment floods in
  // socket.io-parser, memory growth in engine.io, header floods in ws.
  test.each([
    ['socket.io-parser', '4.2.7'],
    ['engine.io', '6.6.11'],
    ['ws', '8.21.0'],
    ['ioredis', '6.0.0'],
    ['socket.io', '4.8.4'],
  ])('every copy of %s is at least %s', (name, floor) => {
    const found = copies(name);
    expect(found).not.toEqual([]);
    expect(found.filter(([, version]) => !atLeast(version, floor))).toEqual([]);
  });

  // It carries native binaries from outside the project that publishes them: another build must be a decision, not an update.
  test('uWebSockets.js is exactly uws-pack 20.0.8, by its hash', () => {
    const manifest = manifestSchema.parse(readJson('package.json'));
    expect(manifest.dependencies['uWebSockets.js']).toBe('npm:uws-pack@20.0.8');
    const entry = lock.packages['node_modules/uWebSockets.js'];
    expect(entry?.name).toBe('uws-pack');
    expect(entry?.version).toBe('20.0.8');
    expect(entry?.integrity).toBe(
      'sha512-EziGwZOMH8Y09erf/DHBgaGoTgt+XgqLFoyQfRiDrWHDCZ+jZ5aEBW7fSIcD5LzxDimHK2NxJpmlwSIfJiAZkg==',
    );
    // As an optional dependency npm would leave it out on Node 20 without a word, because of its engines field.
    expect(manifest.optionalDependencies).not.toHaveProperty('uWebSockets.js');
  });

  test('every package from the registry is pinned by a hash', () => {
    const bare = Object.entries(lock.packages)
      .filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true && entry.integrity === undefined)
      .map(([path]) => path);
    expect(bare).toEqual([]);
  });

  test.each(['package.json', 'client-sdk/package.json'])('%s names exact versions and Node 20.19 or later', (path) => {
    const manifest = manifestSchema.parse(readJson(path));
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    const loose = Object.entries(all).filter(([, range]) => !/^(npm:[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range));
    expect(loose).toEqual([]);
    expect(manifest.engines.node).toBe('>=20.19');
  });

  test('what ships is under licences that allow it', () => {
    const allowed = new Set([
      'MIT',
      'ISC',
      'Apache-2.0',
      'BSD-2-Clause',
      'BSD-3-Clause',
      '0BSD',
      'Unlicense',
      'BlueOak-1.0.0',
      'CC0-1.0',
      'Python-2.0',
      'PostgreSQL',
    ]);
    const manifestLicense = z.object({
      license: z.string().optional(),
      licenses: z.array(z.object({ type: z.string() })).optional(),
    });
    const licenseOf = (path: string): string => {
      const file = join(path, 'package.json');
      const declared = existsSync(join(ROOT, file)) ? manifestLicense.parse(readJson(file)) : undefined;
      // Packages for other platforms are not installed here: for those the lockfile is all there is.
      return (
        declared?.license ??
        declared?.licenses?.map(({ type }) => type).join(' OR ') ??
        lock.packages[path]?.license ??
        'none'
      );
    };
    const acceptable = (license: string): boolean =>
      license
        .replace(/[()]/g, '')
        .split(/ OR /)
        .some((one) => one.split(/ AND /).every((part) => allowed.has(part)));
    const shipped = Object.entries(lock.packages).filter(
      ([path, entry]) => path.includes('node_modules/') && entry.link !== true && entry.dev !== true,
    );
    expect(shipped.length).toBeGreaterThan(50);
    const refused = shipped
      .map(([path]) => [path, licenseOf(path)] as const)
      .filter(([, license]) => !acceptable(license));
    expect(refused).toEqual([]);
  });
});
