import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { readAlarmRules, selectorsOf } from '../helpers/alarm-rules.js';
import { projectFiles, readProjectFile } from '../helpers/project-files.js';

const rules = readAlarmRules();
const page = readProjectFile('docs/OPERATIONS.md');

/** What Prometheus itself adds to every series. */
const ITS_OWN = ['job', 'instance'];
/** Every process's own default label. */
const OURS = ['role'];

/** Names that an expression may use, each with its labels. */
function knownSeries(): Map<string, readonly string[]> {
  const known = new Map<string, readonly string[]>([['up', ITS_OWN]]);
  for (const metric of createMetrics('test').registry.getMetricsAsArray()) {
    const own = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
    const labels = [...ITS_OWN, ...OURS, ...own];
    if (String(metric.type) !== 'histogram') known.set(metric.name, labels);
    else {
      known.set(`${metric.name}_bucket`, [...labels, 'le']);
      for (const suffix of ['count', 'sum']) known.set(`${metric.name}_${suffix}`, labels);
    }
  }
  return known;
}

/** The page's part under an alarm's heading. */
const sectionOf = (alert: string): string => page.split(`\n### ${alert}\n`)[1]?.split(/\n##/)[0] ?? '';

describe('ops/alarms.yml', () => {
  const known = knownSeries();

  test('names each alarm once', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(25);
  });

  test.each(rules)('$alert: its metrics exist, with those labels', ({ expr }) => {
    const selectors = selectorsOf(expr);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { metric, matchers } of selectors) {
      expect([...known.keys()]).toContain(metric);
      for (const { label } of matchers)
        expect([metric, known.get(metric)]).toEqual([metric, expect.arrayContaining([label])]);
    }
  });

  const code = projectFiles(['server/src', 'worker/src', 'client-sdk/src/protocol'], /\.ts$/)
    .map(({ text }) => text)
    .join('\n');

  test.each(rules)('$alert: the values it looks for are ones that the code gives', ({ expr }) => {
    const given = (value: string): boolean =>
      code.includes(`'${value}'`) || new RegExp(`^ {2}${value}: `, 'm').test(code);
    const matchers = selectorsOf(expr).flatMap((selector) => selector.matchers);
    const values = matchers.filter(({ label }) => !ITS_OWN.includes(label)).flatMap(({ value }) => value.split('|'));
    // Bounds of buckets are numbers of platform/metrics.ts.
    expect(values.filter((value) => Number.isNaN(Number(value)) && !given(value))).toEqual([]);
  });

  test.each(rules)(
    '$alert: has a threshold, and the page says what to do',
    ({ alert, expr, labels, annotations, ...rule }) => {
      expect(expr).toMatch(/ (==|>) [\d.e]+$|^absent\(/);
      expect(annotations.runbook).toBe(`docs/OPERATIONS.md#${alert.toLowerCase()}`);
      const section = sectionOf(alert);
      // The expression as it stands in the rules, how long, and whom it wakes.
      const duration = rule.for === '0s' ? 'at once' : `for ${rule.for}`;
      expect(section.trim().split('\n')[0]).toBe(`\`${expr}\` ${duration} · ${labels.severity}`);
      for (const part of ['Means', 'Look', 'Do', 'Over']) expect(section).toContain(`- **${part}.** `);
    },
  );

  test('the page has no alarm that is not a rule', () => {
    const headings = [...page.matchAll(/^### (Aisle\w+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(rules.map(({ alert }) => alert));
  });
});
