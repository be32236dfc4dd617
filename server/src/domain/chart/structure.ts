import type { z } from 'zod';
import type { ChartFaultCode, FaultList } from './faults.js';

type Issue = z.core.$ZodIssue;

const at = (base: string, path: readonly PropertyKey[]): string =>
  [base, ...path.map(String)].filter(Boolean).join('.');

/** What stands at `path`; undefined where there is nothing. Own keys alone: `__proto__` leads nowhere. */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? 'a number' : 'Infinity';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const WANTED: Readonly<Partial<Record<string, string>>> = {
  array: 'a list',
  record: 'an object',
  object: 'an object',
  int: 'a whole number',
};
function wrongType(issue: Extract<Issue, { code: 'invalid_type' }>, value: unknown): [ChartFaultCode, string] {
  if (value === undefined) return ['MISSING', 'is missing'];
  const wantsNumber = issue.expected === 'number' || issue.expected === 'int';
  if (wantsNumber && value === null) {
    return ['NOT_FINITE', 'must be a finite number, not null (null is what JSON makes of NaN and Infinity)'];
  }
  if (wantsNumber && typeof value === 'number' && !Number.isFinite(value)) {
    return ['NOT_FINITE', `must be a finite number, not ${kindOf(value)}`];
  }
  return ['WRONG_TYPE', `must be ${WANTED[issue.expected] ?? `a ${issue.expected}`}, not ${kindOf(value)}`];
}

function tooSmall(issue: Extract<Issue, { code: 'too_small' }>): [ChartFaultCode, string] {
  if (issue.origin === 'string') return ['EMPTY', 'must not be empty'];
  if (issue.origin === 'array') return ['TOO_FEW', `must have at least ${issue.minimum} entries`];
  return ['OUT_OF_RANGE', `must be at least ${issue.minimum}`];
}

function tooBig(issue: Extract<Issue, { code: 'too_big' }>, path: string): [ChartFaultCode, string] {
  if (issue.origin === 'string') return ['TOO_LONG', `must have at most ${issue.maximum} characters`];
  if (path.endsWith('.capacity')) return ['TOO_MANY_PLACES', `must be at most ${issue.maximum} places`];
  if (issue.origin !== 'array') return ['OUT_OF_RANGE', `must be at most ${issue.maximum}`];
  return [path === 'seats' ? 'TOO_MANY_PLACES' : 'TOO_MANY', `must have at most ${issue.maximum} entries`];
}

function addIssue(issue: Issue, input: unknown, base: string, faults: FaultList): void {
  const path = at(base, issue.path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys)
      faults.add('UNKNOWN_KEY', at(path, [key]), 'is not a key of aisle-chart/1; own data goes into "extra"');
    return;
  }
  const [code, message] = describe(issue, path, valueAt(input, issue.path));
  faults.add(code, path, message);
}

function describe(issue: Issue, path: string, value: unknown): [ChartFaultCode, string] {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue, value);
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue, path);
    default:
      return [path === 'format' ? 'WRONG_FORMAT' : 'WRONG_VALUE', issue.message];
  }
}

/** Parses one piece against its schema; undefined where it has faults, which are then listed under `base`. */
export function parsePiece<T>(schema: z.ZodType<T>, input: unknown, base: string, faults: FaultList): T | undefined {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  for (const issue of result.error.issues) addIssue(issue, input, base, faults);
  return undefined;
}
