import { parse } from 'yaml';
import { z } from 'zod';
import { readProjectFile } from './project-files.js';

const ruleSchema = z.strictObject({
  alert: z.string().regex(/^Aisle[A-Za-z]+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+[smh]$/)
    .default('0s'),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
  annotations: z.strictObject({ summary: z.string().min(10), action: z.string().min(20), runbook: z.string() }),
});
const fileSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string().regex(/^aisle-/), rules: z.array(ruleSchema).min(1) })),
});

export type AlarmRule = z.infer<typeof ruleSchema>;

/** ops/alarms.yml, each expression on one line. */
export function readAlarmRules(): AlarmRule[] {
  const { groups } = fileSchema.parse(parse(readProjectFile('ops/alarms.yml')));
  return groups.flatMap(({ rules }) => rules.map((rule) => ({ ...rule, expr: rule.expr.replace(/\s+/g, ' ').trim() })));
}

/** A metric as an expression names it, and its matchers. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

export function selectorsOf(expr: string): Selector[] {
  const named = expr.matchAll(/\b(up|(?:aisle|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g);
  return [...named].map(([, metric = '', inBraces = '']) => ({
    metric,
    matchers: [...inBraces.matchAll(/([a-z_]+)(=~|!~|!=|=)"([^"]*)"/g)].map(
      ([, label = '', operator = '', value = '']) => ({ label, operator, value }),
    ),
  }));
}

/** One line of Prometheus text. */
interface Sample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, metric, inBraces = '', value] = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (metric === undefined) return [];
    const labels = [...inBraces.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', of = '']) => [
      label,
      of,
    ]);
    return [{ metric, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) }];
  });
}

function matches(sample: Sample, { metric, matchers }: Selector): boolean {
  if (sample.metric !== metric) return false;
  return matchers.every(({ label, operator, value }) => {
    const has = sample.labels[label] ?? '';
    if (operator === '=') return has === value;
    if (operator === '=~') return new RegExp(`^(?:${value})$`).test(has);
    throw new Error(`matcher ${operator} is not known here`);
  });
}

const SIMPLE = /^([a-z_][a-z0-9_]*(?:\{[^}]*\})?) (==|>) ([\d.e]+)$/;
const ABSENT = /^absent\((.+)\)$/;

/**
 * Whether a rule's expression is true of what was scraped: for the shapes `metric{…} > n`, `== n` and `absent(metric{…})`.
 * Throws for any other.
 */
export function isFiring(rule: AlarmRule, scraped: readonly string[]): boolean {
  const samples = scraped.flatMap(parseMetrics);
  const absent = ABSENT.exec(rule.expr)?.[1];
  if (absent !== undefined) return selectorsOf(absent).every((selector) => !samples.some((s) => matches(s, selector)));
  const [, left = '', operator, right] = SIMPLE.exec(rule.expr) ?? [];
  const [selector] = selectorsOf(left);
  if (selector === undefined) throw new Error(`${rule.alert}: not a shape that is worked out here: ${rule.expr}`);
  const seen = samples.filter((sample) => matches(sample, selector));
  return seen.some(({ value }) => (operator === '==' ? value === Number(right) : value > Number(right)));
}
