import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportRow } from './support/report.js';
import { runSchedule, type ScheduleReport } from './support/run-schedule.js';
import { World } from './support/world.js';

/** Each seed is a schedule; `npm run test:faults -- --schedules N --seed S` runs more of them. */
const SEEDS = (process.env.AISLE_FAULTS_SEEDS ?? '11').split(',').map(Number);
const REPORT = process.env.AISLE_FAULTS_SCHEDULE_REPORT;

describe('mixed faults', () => {
  let world: World | undefined;
  const done: ScheduleReport[] = [];
  beforeAll(async () => {
    world = await World.start({ servers: 2, workers: 2 });
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    const sum = (of: (report: ScheduleReport) => number): number => done.reduce((total, one) => total + of(one), 0);
    reportRow({
      row: 28,
      what: 'three to six faults at once, drawn from a seed',
      ran: `${done.length} schedules (seeds ${SEEDS.join(', ')})`,
      result: `${sum(({ violations }) => violations.length)} violations in ${sum(({ operations }) => operations)} calls, ${sum(({ completed }) => completed)} sales`,
    });
  });

  test.for(SEEDS)('I1 I2 I3 I4 I5 I6 I7 I8 schedule %i', { timeout: 240_000 }, async (seed) => {
    if (world === undefined) throw new Error('there is no installation');
    const report = await runSchedule(world, seed);
    if (REPORT !== undefined) appendFileSync(REPORT, `${JSON.stringify(report)}\n`);
    done.push(report);
    const again = `npm run test:faults -- --schedules 1 --seed ${seed} --fresh`;
    expect(report.violations, `${again}\n${report.mishaps.join('\n')}`).toEqual([]);
  });
});
