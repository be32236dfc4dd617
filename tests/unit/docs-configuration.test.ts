import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../server/src/platform/config.js';
import { projectFiles, readProjectFile } from '../helpers/project-files.js';

const ROW = /^\| `([A-Z0-9_]+)` +\| (.*?) *\| (.*?) *\| (.*?) *\|$/gm;
const rows = [...readProjectFile('docs/CONFIGURATION.md').matchAll(ROW)].map(
  ([, name = '', fallback = '', meaning = '']) => ({ name, fallback, meaning }),
);
const documented = new Set(rows.map(({ name }) => name));
const code = projectFiles(['server/src', 'worker/src', 'launcher/src', 'scripts'], /\.(ts|mjs)$/);

describe('docs/CONFIGURATION.md', () => {
  test('names the same variables as the schema, each once', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(configSchema.shape).sort());
  });

  test('states the same defaults', () => {
    const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
    const defaults = Object.entries(schema.properties ?? {}).map(([name, property]): [string, string] => {
      const fallback: unknown = typeof property === 'object' ? property.default : undefined;
      return [
        name,
        fallback === undefined
          ? ''
          : `\`${typeof fallback === 'number' ? String(fallback) : z.string().parse(fallback)}\``,
      ];
    });
    expect(Object.fromEntries(rows.map(({ name, fallback }) => [name, fallback]))).toEqual(
      Object.fromEntries(defaults),
    );
  });

  test('marks as "comes later" exactly the variables that no code reads yet', () => {
    const readers = code.filter(({ path }) => !path.endsWith('platform/config.ts'));
    const unread = [...documented].filter(
      (name) => !readers.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)),
    );
    expect(rows.filter(({ meaning }) => meaning.includes('_comes later_')).map(({ name }) => name)).toEqual(unread);
  });

  test('no code reads a variable of Aisle that is not on it', () => {
    const named = code.flatMap(({ path, text }) =>
      [...text.matchAll(/[.'"`$](AISLE_[A-Z0-9_]*[A-Z0-9])\b/g)].map(([, name = '']) => `${name} in ${path}`),
    );
    expect([...new Set(named)].filter((use) => !documented.has(use.split(' ')[0] ?? ''))).toEqual([]);
  });

  test('the README lists only variables that are on it', () => {
    const named = [...readProjectFile('README.md').matchAll(/\b(AISLE_[A-Z0-9_]+|DATABASE_URL|REDIS_URL)\b/g)].map(
      ([name]) => name,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !documented.has(name))).toEqual([]);
  });
});
