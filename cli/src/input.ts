import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { faultsOf } from '../../server/src/domain/faults.js';

/** A parser of an option or argument by the schema that the API has for it. */
export const parsedBy =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(faultsOf(parsed.error)[0]?.message ?? 'not readable');
  };

/** The same for an option that may be given more than once. */
export const listParsedBy = <T>(schema: z.ZodType<T>) => {
  const parse = parsedBy(schema);
  return (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];
};

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "30d", "12h", "45m" from now, or an ISO time; as ISO 8601. */
export function momentFrom(text: string, nowMs: number): string {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = count === undefined ? Date.parse(text) : nowMs + Number(count) * (UNITS_MS[unit] ?? 0);
  const iso = count !== undefined || /^\d{4}-\d\d-\d\dT/.test(text);
  if (Number.isNaN(ms) || !iso) {
    throw new InvalidArgumentError('not a time such as 2031-05-01T19:30:00Z, nor a span such as 30d, 12h or 45m');
  }
  return new Date(ms).toISOString();
}
