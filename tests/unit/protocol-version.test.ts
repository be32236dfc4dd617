import { createHash } from 'node:crypto';
import * as protocol from '@aisle/client/protocol';
import { ERRORS, PROTOCOL_VERSION } from '@aisle/client/protocol';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectFiles, readProjectFile } from '../helpers/project-files.js';

/**
 * One hash a line of history in client-sdk/src/protocol/version.ts, in the same order: what the wire contract was when the
 * line was written. The last is what it is now.
 */
const RECORDED: readonly string[] = [
  'af25d063458df3b8',
  'c8564da814a25e20',
  '39e85411f1f7b4fa',
  '456f6240bcd6e280',
  '72fde29bbb03c55d',
  '809e8d14e7a39e29',
  'c5e97025368aebf9',
  '4228bb10ce4ddcc9',
  'c9bdf5896be18a5c',
];

const HOW = `The wire contract is not what its last line of history says. Clients outside this repository speak it, so:
  1. Renamed, removed or narrowed something? Undo it, or raise PROTOCOL_VERSION and keep answering the version before.
  2. Added something optional? The version stays.
  3. Either way write a line of history in client-sdk/src/protocol/version.ts (version, year-month, what changed),
     and append the new hash to RECORDED in this file. Never change the hash of a line that was released.`;

const withoutComments = (source: string): string =>
  source
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{}()[\]:;,|<>=]) ?/g, '$1')
    .replace(/[;,]([}\])])/g, '$1')
    .replace(/([=(<,:])\|/g, '$1')
    .trim();

/** Everything that crosses the wire, as one value: schemas upwards and over HTTP, the source of the shapes downwards and of the acks, error codes. */
function contract(): Record<string, unknown> {
  const exported: [string, unknown][] = Object.entries(protocol);
  const schemas = exported
    .flatMap(([name, value]): [string, unknown][] =>
      value instanceof z.ZodType ? [[name, z.toJSONSchema(value, { io: 'input', unrepresentable: 'any' })]] : [],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const commands = Object.entries(protocol.UP).map(([name, schema]) => [
    name,
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  ]);
  const shapes = projectFiles(['client-sdk/src/protocol'], /\/(down\/[^/]+|up\/up)\.ts$/)
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, text }) => [path, withoutComments(text).replace(/import [^;]*;/g, '')]);
  const errors = Object.entries(ERRORS).map(([code, { status, retryable }]) => [code, status, retryable]);
  return { schemas, commands, shapes, errors };
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
const historyOf = (source: string): { version: number; text: string }[] =>
  [...source.matchAll(/^ \* {2}(\d+) {2}(\d{4}-\d{2} {2}.+)$/gm)].map(([, version = '', text = '']) => ({
    version: Number(version),
    text,
  }));

describe('P1 the protocol version', () => {
  const history = historyOf(readProjectFile('client-sdk/src/protocol/version.ts'));

  test('P1 the wire contract is the one that the last line of history recorded', () => {
    expect(hashOf(contract()), HOW).toBe(RECORDED.at(-1));
  });

  test('P1 each change has its line of history, and each line its hash', () => {
    expect(history.length, HOW).toBe(RECORDED.length);
    expect(new Set(RECORDED).size, 'one hash recorded twice: a line without a change').toBe(RECORDED.length);
  });

  test('P1 versions never go down, and the last line names the current one', () => {
    const versions = history.map(({ version }) => version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(versions.at(-1)).toBe(PROTOCOL_VERSION);
  });

  test('P1 the hash sees a change of a field, a bound, a shape, an ack or an error, and no change of a comment', () => {
    const now = contract();
    const edited = (from: string, to: string): string => {
      const text = JSON.stringify(now);
      expect(text).toContain(from);
      return hashOf(JSON.parse(text.replace(from, to)));
    };
    const hash = hashOf(now);
    expect(edited('"holdToken"', '"holdTicket"')).not.toBe(hash);
    expect(edited('"maxLength":64', '"maxLength":65')).not.toBe(hash);
    expect(edited('tickMs:number', 'tickMs:string')).not.toBe(hash);
    expect(edited('{holds:Hold[]}', '{holds:Hold}')).not.toBe(hash);
    expect(edited('["SEAT_UNAVAILABLE",409,false]', '["SEAT_UNAVAILABLE",409,true]')).not.toBe(hash);
    expect(withoutComments('interface A {\n  /** why */\n  b: string; // c\n}')).toBe(
      withoutComments('interface A { b: string }'),
    );
  });
});
