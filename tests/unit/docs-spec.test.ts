import { describe, expect, test } from 'vitest';
import { projectFiles, readProjectFile } from '../helpers/project-files.js';

/** "- **H4** (in force) …" or "- **O1** (comes with orders) …" */
const RULE = /^- \*\*([A-Z]\d{1,2})\*\* \((in force|comes with [a-z ]+)\) (.+)/gm;
const ANY_RULE = /^- \*\*([^*]+)\*\*/gm;
const ID = /[ACEFGHILNOPRSTVW]\d{1,2}/;
/** A test's name that begins with ids: 'H4 adding …', 'S7/H1: …', 'S2 S4 S7 …', "describe('F8 …". */
const TITLE = new RegExp(`['"\`]((?:${ID.source})(?:(?:[ ,/–-]|, | and )(?:${ID.source}))*)(?::| ·)? `, 'g');
/** A comment in a test that names its rule. */
const COMMENT = new RegExp(`SPEC ((?:${ID.source})(?:(?:[ ,/]|, | and )(?:${ID.source}))*)`, 'g');

const page = readProjectFile('docs/SPEC.md');
const rules = [...page.matchAll(RULE)].map(([, id = '', state = '']) => ({ id, inForce: state === 'in force' }));
/** 'S2–S4' is S2, S3 and S4. */
const inFull = (text: string): string =>
  text.replace(/([A-Z])(\d{1,2})–\1(\d{1,2})/g, (_range, letter: string, first: string, last: string) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => `${letter}${String(Number(first) + i)}`).join(
      ' ',
    ),
  );
const idsIn = (text: string): string[] => inFull(text).match(new RegExp(ID.source, 'g')) ?? [];

interface Citation {
  readonly id: string;
  readonly path: string;
}
function citations(pattern: RegExp, files: readonly { path: string; text: string }[]): Citation[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].flatMap(([, ids = '']) => idsIn(ids).map((id) => ({ id, path }))),
  );
}
const tests = projectFiles(
  ['tests', 'client-sdk', 'worker', 'server', 'web', 'launcher'],
  /\.(test|contract|suite)\.ts$|^tests\/.*\.ts$/,
).filter(({ path }) => !path.endsWith('docs-spec.test.ts'));

describe('docs/SPEC.md', () => {
  test('the patterns of this file read what they should', () => {
    const read = (text: string): string[] => citations(TITLE, [{ path: 'x', text }]).map(({ id }) => id);
    expect(read("test('H4 adding never moves the deadline'")).toEqual(['H4']);
    expect(read('test(`S2 S4 S7 H1: random histories`')).toEqual(['S2', 'S4', 'S7', 'H1']);
    expect(read("describe('S7/H6, I6 replays'")).toEqual(['S7', 'H6', 'I6']);
    expect(read("it('F1–F3 F8 whatever is lost'")).toEqual(['F1', 'F2', 'F3', 'F8']);
    expect(read("seats: ['A1', 'C12']")).toEqual([]);
    expect(read("test('seat A1 is held'")).toEqual([]);
  });

  test('each rule has an id of its own and says whether it is in force', () => {
    const all = [...page.matchAll(ANY_RULE)].map(([, id]) => id);
    expect(rules.map(({ id }) => id)).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
    expect(rules.length).toBeGreaterThan(50);
  });

  test('the rules of the design are all carried on', () => {
    const series = (letter: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `${letter}${String(i + 1)}`);
    const design = [
      ['S', 7],
      ['H', 8],
      ['O', 6],
      ['L', 3],
      ['F', 8],
      ['R', 4],
      ['I', 8],
      ['E', 1],
    ] as const;
    const ids = new Set(rules.map(({ id }) => id));
    expect(design.flatMap(([letter, count]) => series(letter, count)).filter((id) => !ids.has(id))).toEqual([]);
  });

  test('every rule in force is cited by a test', () => {
    const cited = new Set([...citations(TITLE, tests), ...citations(COMMENT, tests)].map(({ id }) => id));
    expect(rules.filter(({ id, inForce }) => inForce && !cited.has(id)).map(({ id }) => id)).toEqual([]);
  });

  test('every rule that a test cites exists', () => {
    const known = new Set(rules.map(({ id }) => id));
    const unknown = [...citations(TITLE, tests), ...citations(COMMENT, tests)].filter(({ id }) => !known.has(id));
    expect(unknown).toEqual([]);
  });

  test('every rule that the code cites exists', () => {
    const known = new Set(rules.map(({ id }) => id));
    const code = projectFiles(
      ['server/src', 'worker/src', 'launcher/src', 'client-sdk/src', 'web', 'scripts', 'sql'],
      /\.(ts|mjs|lua|sql)$/,
    );
    const cited = citations(COMMENT, code);
    expect(cited.length).toBeGreaterThan(20);
    expect(cited.filter(({ id }) => !known.has(id))).toEqual([]);
  });
});
