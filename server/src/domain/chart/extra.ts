import type { FaultList } from './faults.js';

/** Deep enough for any real data, far below where recursion over it would overflow the stack (about 10,000). */
const MAX_EXTRA_DEPTH = 20;
/** Postgres stores neither NUL nor half a surrogate pair in jsonb. */
// eslint-disable-next-line no-control-regex
const UNSTORABLE = /[\u0000\ud800-\udfff]/u;

/** Lists a fault where `text` cannot be stored. */
export function checkText(text: string, path: string, faults: FaultList): void {
  if (UNSTORABLE.test(text))
    faults.add('BAD_TEXT', path, 'must not contain NUL characters or halves of surrogate pairs');
}

/** Checks every string right inside `piece`, however it is named; nested values have checks of their own. */
export function checkTexts(piece: object, path: string, faults: FaultList): void {
  for (const [key, value] of Object.entries(piece)) {
    if (typeof value === 'string' && UNSTORABLE.test(value)) checkText(value, `${path}.${key}`, faults);
  }
}

/** A copy that is plain JSON and has no `__proto__` keys at any depth; what is not JSON is listed as a fault. */
export function cleanExtra(
  extra: Readonly<Record<string, unknown>>,
  path: string,
  faults: FaultList,
): Record<string, unknown> {
  return cleanObject(extra, path, faults, 1);
}

function cleanObject(source: object, path: string, faults: FaultList, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source)) {
    if (key === '__proto__' || value === undefined) continue;
    checkText(key, path, faults);
    clean[key] = cleanValue(value, `${path}.${key}`, faults, depth);
  }
  return clean;
}

function cleanValue(value: unknown, path: string, faults: FaultList, depth: number): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    checkText(value, path, faults);
    return value;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) faults.add('NOT_FINITE', path, 'must be a finite number');
    return value;
  }
  if (typeof value !== 'object') {
    faults.add('WRONG_TYPE', path, `must be JSON, not a ${typeof value}`);
    return null;
  }
  if (depth >= MAX_EXTRA_DEPTH) {
    faults.add('TOO_DEEP', path, `must not be nested deeper than ${MAX_EXTRA_DEPTH} levels`);
    return null;
  }
  if (Array.isArray(value)) return value.map((item, index) => cleanValue(item, `${path}.${index}`, faults, depth + 1));
  return cleanObject(value, path, faults, depth + 1);
}
