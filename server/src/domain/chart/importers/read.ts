import type { Point } from '@aisle/client/protocol';

/** Reading of other people's JSON: what is not of the kind wanted is undefined, never an exception. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const finiteOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Text that says something: trimmed, numbers written out, empty as undefined. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return undefined;
  return value.trim() === '' ? undefined : value.trim();
}

export function pointOf(value: unknown): Point | undefined {
  const { x, y } = fieldsOf(value);
  const [px, py] = [finiteOf(x), finiteOf(y)];
  return px === undefined || py === undefined ? undefined : { x: px, y: py };
}

export const pointsOf = (value: unknown): Point[] => listOf(value).flatMap((corner) => pointOf(corner) ?? []);

/** What a message calls a value that is no number. */
export const shown = (value: unknown): string =>
  value === undefined ? 'missing' : JSON.stringify(value === null || typeof value !== 'object' ? value : '…');

export type JsonText =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };
export function parseJson(text: string): JsonText {
  try {
    return { ok: true, value: JSON.parse(text.replace(/^\uFEFF/, '')) as unknown };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
