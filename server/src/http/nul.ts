import type { Fault } from '@aisle/client/protocol';

/** Deeper than anything that a body of ours says; each level is a call on the stack. */
const MAX_DEPTH = 200;

/**
 * Strings with a NUL, by their paths: valid JSON, but neither text nor jsonb of Postgres can hold one; and what is nested so deep
 * that walking it would end in a full stack. A chart is left out: it is stored as bytes and has a validator of its own.
 */
export function bodyFaults(value: unknown): Fault[] {
  const faults: Fault[] = [];
  walk(value, '', 0, faults);
  return faults;
}

function walk(value: unknown, path: string, depth: number, faults: Fault[]): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) faults.push({ path, message: 'has a NUL character' });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth === MAX_DEPTH) {
    faults.push({ path, message: `is nested deeper than ${MAX_DEPTH} levels` });
    return;
  }
  for (const key of Object.keys(value)) {
    if (path === '' && key === 'chart') continue;
    if (key.includes('\0')) faults.push({ path, message: 'has a key with a NUL character' });
    const item = (value as Readonly<Record<string, unknown>>)[key];
    // Most of a large chart is numbers: no path is made for those.
    if (typeof item === 'string' || typeof item === 'object') {
      walk(item, path === '' ? key : `${path}.${key}`, depth + 1, faults);
    }
  }
}
