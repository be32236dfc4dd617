import type { PostgresType } from 'postgres';

/** What an array has between its braces: "quoted, \" and \\ escaped", or a bare word. One dimension; none of our types has more. */
const ELEMENT = /"((?:[^"\\]|\\.)*)"|([^{},"]+)/gs;

/** One of Postgres's own array types; their numbers are the same in every database. */
function arrayOf<T>(oid: number, element: { serialize: (value: T) => string; parse: (text: string) => T }) {
  return {
    to: oid,
    from: [oid],
    serialize: (values: readonly (T | null)[]): string => {
      const quoted = values.map((value) =>
        value === null ? 'NULL' : `"${element.serialize(value).replace(/["\\]/g, '\\$&')}"`,
      );
      return `{${quoted.join(',')}}`;
    },
    parse: (text: string): (T | null)[] =>
      Array.from(text.matchAll(ELEMENT), ([, quoted, bare]) => {
        if (bare === 'NULL') return null;
        return element.parse(bare ?? (quoted ?? '').replace(/\\(.)/gs, '$1'));
      }),
  };
}

const numbers = { serialize: String, parse: Number };
const texts = { serialize: String, parse: (text: string) => text };
const times = {
  serialize: (at: Date | string): string => new Date(at).toISOString(),
  parse: (text: string): Date | string => new Date(text),
};

/**
 * The array types that we send and read. The driver (postgres 3.4.9) would ask every new connection for all there are; where the
 * connection ends before the answer, that question fails with nobody to hear of it, which ends the process.
 */
export const ARRAY_TYPES: Readonly<Record<string, PostgresType>> = {
  smallints: arrayOf(1005, numbers),
  integers: arrayOf(1007, numbers),
  texts: arrayOf(1009, texts),
  bigints: arrayOf(1016, numbers),
  times: arrayOf(1185, times),
};
