import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { cpuMicros, cpuMicrosOfFamily, metered } from '../harness/cpu.js';
import { createTemplate, plainChart, sellCopy } from '../harness/events.js';
import { loadNow } from '../harness/machine.js';
import { drained } from '../harness/quiet.js';
import { startStack, type Stack } from '../harness/stack.js';
import { ascending, percentile, spread } from '../harness/stats.js';
import { markdownTable, show } from '../harness/table.js';
import type { Scenario, ScenarioReport } from './scenario.js';

const CHANGES_A_SECOND = 2000;
const SECONDS = 10;
const WARM_UP_SECONDS = 2;
const SEATS = CHANGES_A_SECOND * SECONDS;
const TICK_MS = 5;
/** How often Postgres is asked how far it is; adds to what is seen, never takes away. */
const LOOK_EVERY_MS = 2;
const GOAL_MEAN_MS = 27.7;
const GOAL_P99_MS = 250;

interface Sample {
  readonly round: number;
  readonly load: number;
  readonly perSecond: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** µs a change. */
  readonly micros: Record<'worker' | 'postgres', number>;
}

export const persistLag: Scenario = {
  name: 'persist-lag',
  about: `from a change accepted in Redis to its row in Postgres, at ${CHANGES_A_SECOND} changes a second`,
  async run({ rounds, say }) {
    const stack = await startStack({ worker: true });
    const templateId = await createTemplate(stack, plainChart(SEATS));
    await measure(stack, templateId, 0, WARM_UP_SECONDS);
    const samples: Sample[] = [];
    for (let round = 1; round <= rounds; round++) {
      const sample = await measure(stack, templateId, round, SECONDS);
      samples.push(sample);
      const { perSecond, meanMs, p50Ms, p99Ms, maxMs, load } = sample;
      say(
        `round ${round}: ${perSecond.toFixed(0)} changes/s, mean ${meanMs.toFixed(1)}, p50 ${p50Ms}, p99 ${p99Ms}, max ${maxMs} ms, load ${load.toFixed(1)}`,
      );
    }
    await stack.stop();
    return report(samples);
  },
};

async function measure(stack: Stack, templateId: string, round: number, seconds: number): Promise<Sample> {
  const { worker } = stack;
  if (worker === null) throw new Error('no worker');
  const eventId = await sellCopy(stack, templateId);
  const load = loadNow();
  const meters = { worker: () => cpuMicros(worker.pid), postgres: () => cpuMicrosOfFamily(stack.postgresPid) };
  const { value, cpu } = await metered(meters, () => follow(stack, eventId, seconds));
  await drained(stack.redis, eventId);
  const lags = ascending(value.lags);
  const count = lags.length;
  return {
    ...{ round, load, perSecond: count / value.tookSeconds },
    meanMs: lags.reduce((sum, lag) => sum + lag, 0) / count,
    ...{ p50Ms: percentile(lags, 0.5), p99Ms: percentile(lags, 0.99), maxMs: lags.at(-1) ?? NaN },
    micros: { worker: cpu.worker / count, postgres: cpu.postgres / count },
  };
}

/** One hold after another at an even pace, whatever the answers take; each seq's time by Redis's clock, which is this machine's. */
async function follow(stack: Stack, eventId: string, seconds: number) {
  const [event] = await stack.sql<{ epoch: number }[]>`SELECT epoch FROM events WHERE id = ${eventId}`;
  const epoch = event?.epoch ?? 0;
  const store = new RedisSeatStore({ redis: stack.redis, isReady: () => true, epochOf: () => Promise.resolve(epoch) });
  const acceptedAt = new Map<number, number>();
  const lags: number[] = [];
  let done = false;
  const watch = (async () => {
    let seen = 0;
    while (!done || acceptedAt.size > 0) {
      const [row] = await stack.sql<{ seq: number }[]>`
        SELECT seq FROM log_watermarks WHERE event_id = ${eventId} AND epoch = ${epoch}`;
      const now = Date.now();
      for (const seq = row?.seq ?? 0; seen < seq;) {
        const at = acceptedAt.get(seen + 1);
        // Its answer is still on the way to us: it is looked at next time.
        if (at === undefined) break;
        seen++;
        acceptedAt.delete(seen);
        lags.push(now - at);
      }
      await sleep(LOOK_EVERY_MS);
    }
  })();
  const total = seconds * CHANGES_A_SECOND;
  const startedAt = performance.now();
  const underWay: Promise<void>[] = [];
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * CHANGES_A_SECOND));
    while (sent < due) underWay.push(holdOne(store, eventId, epoch, sent++, acceptedAt));
    await sleep(TICK_MS);
  }
  await Promise.all(underWay);
  const tookSeconds = (performance.now() - startedAt) / 1000;
  done = true;
  await watch;
  return { lags, tookSeconds };
}

async function holdOne(
  store: RedisSeatStore,
  eventId: string,
  epoch: number,
  seatNo: number,
  acceptedAt: Map<number, number>,
): Promise<void> {
  const id = `lag${seatNo}`;
  const outcome = await store.hold({
    ...{ eventId, epoch, chartVersion: 1, subject: id, actor: id, staff: false, requestId: id, fingerprint: id },
    ...{ seats: [{ seatNo, catNo: 0 }], areas: [], fromBlock: false, categoryKeys: ['A'] },
    newToken: `${eventId}.${randomBytes(16).toString('base64url')}`,
    limits: { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 },
  });
  if (!outcome.ok) throw new Error(`seat ${seatNo} was refused: ${outcome.refusal.code}`);
  acceptedAt.set(outcome.seq, outcome.value.nowMs);
}

function report(samples: readonly Sample[]): ScenarioReport {
  const of = (pick: (sample: Sample) => number) => spread(samples.map(pick));
  const rows: [string, (sample: Sample) => number, number][] = [
    ['changes/s', (s) => s.perSecond, 0],
    ['lag mean, ms', (s) => s.meanMs, 1],
    ['lag p50, ms', (s) => s.p50Ms, 0],
    ['lag p99, ms', (s) => s.p99Ms, 0],
    ['lag max, ms', (s) => s.maxMs, 0],
    ['worker CPU, µs a change', (s) => s.micros.worker, 1],
    ['Postgres CPU, µs a change', (s) => s.micros.postgres, 1],
  ];
  const mean = of((s) => s.meanMs);
  const p99 = of((s) => s.p99Ms);
  return {
    title: 'Persist lag',
    tables: [
      markdownTable(
        ['', 'seen'],
        rows.map(([name, pick, digits]) => [name, show(of(pick), digits)]),
      ),
    ],
    goals: [
      { what: 'persist lag, mean', goal: `< ${GOAL_MEAN_MS} ms`, seen: show(mean, 1), met: mean.median < GOAL_MEAN_MS },
      { what: 'persist lag, p99', goal: `< ${GOAL_P99_MS} ms`, seen: show(p99, 0), met: p99.median < GOAL_P99_MS },
    ],
    raw: samples,
  };
}
