import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { projectFiles, readProjectFile } from '../helpers/project-files.js';

const ROW = /^\| `(aisle_[a-z_]+)` +\| (.*?) *\| (.+?) *\|$/gm;
const rows = [...readProjectFile('docs/OPERATIONS.md').matchAll(ROW)].map(
  ([, name = '', labels = '', meaning = '']) => ({
    name,
    labels: labels === '' ? [] : labels.split(', ').map((label) => label.replaceAll('`', '')),
    meaning,
  }),
);

describe('docs/OPERATIONS.md', () => {
  const { registry, ...metrics } = createMetrics('test');
  const own = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('aisle_'));

  test('names the same metrics as the code, each once, in the same order', () => {
    expect(rows.map(({ name }) => name)).toEqual(own.map(({ name }) => name));
  });

  test('names their labels', () => {
    // A histogram's buckets and a fresh counter's values carry none: the label names are what the constructor was told.
    const told = own.map((metric) => [metric.name, 'labelNames' in metric ? metric.labelNames : undefined]);
    expect(rows.map(({ name, labels }) => [name, labels])).toEqual(told);
  });

  test('marks as not fed yet exactly the metrics that nobody writes', () => {
    const code = projectFiles(['server/src', 'worker/src'], /\.ts$/).filter(
      ({ path }) => !path.endsWith('platform/metrics.ts'),
    );
    const writes = (field: string): boolean => code.some(({ text }) => new RegExp(`\\b${field}\\b`).test(text));
    const unfed = Object.entries(metrics).filter(([field]) => !writes(field));
    const names = unfed.map(([, metric]) => ('name' in metric ? metric.name : undefined));
    expect(rows.filter(({ meaning }) => meaning.includes('_not fed yet_')).map(({ name }) => name)).toEqual(names);
  });

  test('names only files, folders and variables that exist', () => {
    const page = readProjectFile('docs/OPERATIONS.md');
    for (const [, path = ''] of page.matchAll(/\]\(([A-Z]+\.md)\)/g))
      expect(readProjectFile(`docs/${path}`)).not.toBe('');
    expect(page).toContain('`AISLE_DATA_DIR`');
  });
});
