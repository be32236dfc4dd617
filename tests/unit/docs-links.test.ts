import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PROJECT_ROOT, projectFiles, readProjectFile } from '../helpers/project-files.js';

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'client-sdk/README.md',
  'bench/README.md',
];
const pages = [
  ...PAGES.filter((path) => existsSync(join(PROJECT_ROOT, path))).map((path) => ({
    path,
    text: readProjectFile(path),
  })),
  ...projectFiles(['docs'], /\.md$/),
];
const exists = (path: string): boolean => existsSync(join(PROJECT_ROOT, path));
/** As forges make them from a heading: small letters, spaces to hyphens, marks dropped. */
const anchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchor(heading));

describe('documents', () => {
  test('there are the ones that an open project owes', () => {
    for (const path of [
      'README.md',
      'LICENSE',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'client-sdk/README.md',
    ])
      expect(exists(path), path).toBe(true);
  });

  test.each(pages)('$path: links lead somewhere', ({ path, text }) => {
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.filter(([, target = '', heading]) => {
      const file = target === '' ? path : normalize(join(dirname(path), target));
      if (!exists(file)) return true;
      return heading !== undefined && file.endsWith('.md') && !anchorsOf(readProjectFile(file)).includes(heading);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test.each(pages)('$path: the files and folders that it names exist', ({ text }) => {
    const named = [
      ...text.matchAll(/`((?:server|worker|launcher|client-sdk|web|sql|tests|docs|scripts|bench)\/[\w./*-]+)`/g),
    ].map(([, path = '']) => path);
    expect(named.filter((path) => !/[*<…]/.test(path) && !path.includes('/dist') && !exists(path))).toEqual([]);
  });

  test.each(pages)('$path: the npm scripts that it names exist', ({ text }) => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readProjectFile('package.json')));
    const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  test("the README's example is the SDK's, which is run by a test", () => {
    const example = (text: string): string | undefined => /```(?:js|ts)\n([^]*?createClient[^]*?)```/.exec(text)?.[1];
    const own = example(readProjectFile('README.md'));
    expect(own).toBeDefined();
    expect(own).toBe(example(readProjectFile('client-sdk/README.md')));
    expect(own?.trim().split('\n').length).toBeLessThanOrEqual(14);
  });

  test('the README fits on a screen or two', () => {
    expect(readProjectFile('README.md').split('\n').length).toBeLessThan(130);
  });
});
