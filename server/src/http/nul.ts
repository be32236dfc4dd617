import type { Fault } from '@aisle/client/protocol';

/**
 * Strings with a NUL, by their paths: valid JSON, but neither text nor jsonb of Postgres can hold one. A chart is left out:
 * it is stored as bytes and has a validator of its own.
 */
export function nulFaults(value: unknown, path = ''): Fault[] {
  if (typeof value === 'string') return value.includes('\0') ? [{ path, message: 'has a NUL character' }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (path === '' && key === 'chart') return [];
    const inner = path === '' ? key : `${path}.${key}`;
    return [
      ...(key.includes('\0') ? [{ path, message: 'has a key with a NUL character' }] : []),
      ...nulFaults(item, inner),
    ];
  });
}
