// npm run test:faults: the fault suite at the size that the list of faults asks for; `npm test` runs a short selection of it.
//
//   npm run test:faults -- --schedules 200 --seed 1    mixed faults, a schedule a seed; ends with a table
//   npm run test:faults -- --rows 7,8,9                rows of the list in full; `--rows all` for every one
//
// What is done is kept in .aisle/faults, so that the same command goes on where it was stopped; `--fresh` begins anew.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './lib/build.mjs';
import { elapsed, fail, say } from './lib/console.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { inRoot } from './lib/paths.mjs';
import { ensureProgram, FAKETIME, REDIS } from './lib/system-packages.mjs';
import { runVitest } from './lib/vitest.mjs';

const USAGE = `Usage: npm run test:faults -- [options]

  --schedules N   mixed schedules, each drawn from a seed of its own (default 20 where no rows are named)
  --seed S        the first seed (default 1)
  --chunk N       schedules that share one installation (default 10)
  --rows LIST     rows of the list of faults, in full: 1,5,12 or all
  --fresh         forget what earlier runs did
  --help

Status: 0 all held, 1 something did not, 2 wrong usage.`;

/** In the folder's own .aisle: stopped and started again, the suite goes on. */
const KEPT = inRoot('.aisle', 'faults');
const SCHEDULES = path.join(KEPT, 'schedules.jsonl');
const ROWS = path.join(KEPT, 'rows.jsonl');

/** The row that turns clocks. */
const CLOCK_JUMPS = 22;

const options = readOptions();
checkNodeVersion();
await ensureNpmPackages();
await ensureProgram(REDIS);
if (options.rows.includes(CLOCK_JUMPS)) await ensureProgram(FAKETIME);
await build();
if (options.fresh) rmSync(KEPT, { recursive: true, force: true });
mkdirSync(KEPT, { recursive: true });

let failed = false;
if (options.rows.length > 0) await runRows();
if (options.schedules > 0) await runSchedules();
say(`\nEverything took ${elapsed()}.`);
process.exit(failed ? 1 : 0);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        schedules: { type: 'string' },
        seed: { type: 'string', default: '1' },
        chunk: { type: 'string', default: '10' },
        rows: { type: 'string' },
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      say(USAGE);
      process.exit(0);
    }
    const number = (name, value) => {
      if (/^\d+$/.test(value)) return Number(value);
      throw new Error(`--${name} takes a number, not "${value}"`);
    };
    return {
      rows: values.rows === undefined ? [] : rowsNamed(values.rows),
      schedules: number('schedules', values.schedules ?? (values.rows === undefined ? '20' : '0')),
      seed: number('seed', values.seed),
      chunk: Math.max(1, number('chunk', values.chunk)),
      fresh: values.fresh,
    };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}\n`);
    process.exit(2);
  }
}

function filesOf(row) {
  const start = `row-${String(row).padStart(2, '0')}-`;
  return readdirSync(inRoot('tests', 'faults'))
    .filter((file) => file.startsWith(start) && file.endsWith('.test.ts'))
    .map((file) => `tests/faults/${file}`);
}

function rowsNamed(text) {
  const all = Array.from({ length: 28 }, (_, i) => i + 1).filter((row) => filesOf(row).length > 0);
  if (text === 'all') return all;
  return text.split(',').map((part) => {
    const row = Number(part.trim());
    if (!all.includes(row))
      throw new Error(`there is no row ${part.trim()}; these have a test of their own: ${all.join(', ')}`);
    return row;
  });
}

function linesOf(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** A row at a time: one that was stopped midway is run again, those before it are not. */
async function runRows() {
  const passed = new Set(
    linesOf(ROWS)
      .filter((line) => line.passed)
      .map((line) => line.done),
  );
  for (const row of options.rows) {
    if (passed.has(row)) {
      say(`row ${row}: done by an earlier run`);
      continue;
    }
    const since = performance.now();
    say(`row ${row} …`);
    const { failed: count, passed: good } = await runVitest({
      args: ['--project=faults', ...filesOf(row)],
      env: { AISLE_FAULTS_FULL: '1', AISLE_FAULTS_REPORT: ROWS },
    });
    say(`row ${row}: ${good} passed, ${count} failed, ${elapsed(since)}`);
    keep(ROWS, { done: row, passed: count === 0 });
  }
  const reported = linesOf(ROWS).filter((line) => 'what' in line && options.rows.includes(line.row));
  const latest = new Map(reported.map((line) => [`${line.row} ${line.what}`, line]));
  say('\n| # | what | ran | result |\n|---|---|---|---|');
  for (const { row, what, ran, result } of [...latest.values()].sort((a, b) => a.row - b.row)) {
    say(`| ${row} | ${what} | ${ran} | ${result} |`);
  }
  const ends = new Map(linesOf(ROWS).flatMap((line) => ('done' in line ? [[line.done, line.passed]] : [])));
  const bad = options.rows.filter((row) => ends.get(row) !== true);
  if (bad.length === 0) return;
  failed = true;
  say(`\n✗ rows that failed: ${bad.join(', ')}. Again: npm run test:faults -- --rows ${bad.join(',')}`);
}

async function runSchedules() {
  const wanted = Array.from({ length: options.schedules }, (_, i) => options.seed + i);
  const known = () => new Set(linesOf(SCHEDULES).map((line) => line.seed));
  const before = wanted.filter((seed) => known().has(seed)).length;
  if (before > 0) say(`${before} schedules were done by an earlier run.`);
  for (let from = 0; from < wanted.length; from += options.chunk) {
    const open = wanted.slice(from, from + options.chunk).filter((seed) => !known().has(seed));
    if (open.length === 0) continue;
    const { output } = await runVitest({
      args: ['tests/faults/mixed.test.ts'],
      quiet: true,
      env: { AISLE_FAULTS_SEEDS: open.join(','), AISLE_FAULTS_SCHEDULE_REPORT: SCHEDULES },
    });
    const done = known();
    const without = open.filter((seed) => !done.has(seed));
    if (without.length > 0) {
      failed = true;
      say(output.slice(-4000));
      say(`✗ schedules ${without.join(', ')} came to no end`);
    }
    say(`${wanted.filter((seed) => done.has(seed)).length} of ${wanted.length} schedules, ${elapsed()}`);
  }
  tellSchedules(new Set(wanted));
}

function tellSchedules(wanted) {
  const latest = new Map(linesOf(SCHEDULES).map((line) => [line.seed, line]));
  const done = [...latest.values()].filter(({ seed }) => wanted.has(seed)).sort((a, b) => a.seed - b.seed);
  const width = Math.max(4, ...done.map(({ seed }) => String(seed).length));
  say(`\n${'seed'.padStart(width)}  calls  sales  quiet after  violations  faults`);
  for (const { seed, operations, completed, quietMs, violations, mishaps } of done) {
    const cells = [
      String(seed).padStart(width),
      String(operations).padStart(5),
      String(completed).padStart(5),
      `${(quietMs / 1000).toFixed(1)} s`.padStart(11),
      String(violations.length).padStart(10),
    ];
    say(`${cells.join('  ')}  ${mishaps.map((mishap) => mishap.replace(/^at \d+ ms: /, '')).join('; ')}`);
  }
  const total = (of) => done.reduce((sum, report) => sum + of(report), 0);
  const broken = done.filter(({ violations }) => violations.length > 0);
  const byRule = {};
  for (const { violations } of broken) for (const { rule } of violations) byRule[rule] = (byRule[rule] ?? 0) + 1;
  say(
    `\n${done.length} schedules, ${total(({ operations }) => operations)} calls, ${total(({ completed }) => completed)} sales: ` +
      `${byRule.I1 ?? 0} seats sold twice, ${byRule.I2 ?? 0} orders or payments lost, ${total(({ violations }) => violations.length)} violations in all`,
  );
  for (const { seed, violations } of broken) {
    failed = true;
    say(`\n✗ seed ${seed}: npm run test:faults -- --schedules 1 --seed ${seed} --fresh`);
    for (const { rule, what } of violations) say(`  ${rule}: ${what}`);
  }
  if (done.length < wanted.size) failed = true;
}

function keep(file, line) {
  try {
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  } catch (error) {
    fail(`${file} cannot be written: ${error.message}`, 'Is the disk full?');
  }
}
