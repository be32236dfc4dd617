import type { PublishCalls } from '../baselines/uws-publish.js';
import type { ViewerCalls, ViewerCount } from '../clients/viewer-client.js';
import { startHelper, type Helper } from '../harness/calls.js';
import { Changes } from '../harness/changes.js';
import { cpuMicros, metered } from '../harness/cpu.js';
import { createTemplate, plainChart, sellCopy } from '../harness/events.js';
import { loadNow } from '../harness/machine.js';
import { startStack, type Stack } from '../harness/stack.js';
import { ascending, percentile, spread } from '../harness/stats.js';
import { markdownTable, show } from '../harness/table.js';
import type { Scenario, ScenarioOptions, ScenarioReport } from './scenario.js';

const SEATS = 20_000;
const VIEWERS = 2000;
const CLIENTS = 2;
const TICK_MS = 50;
const CHANGES_A_TICK = 5;
const MEASURE_MS = 6000;
/** V8 compiles for some seconds, on other threads: a server on the night has long done so. */
const WARM_UP_MS = 10_000;
/** Frames that are under way when the changes end. */
const SETTLE_MS = 400;
const GOAL_RATIO = 0.9;

interface Side {
  readonly deliveries: number;
  readonly frameBytes: number;
  /** Of the serving process, µs. */
  readonly cpu: number;
  readonly perCpuSecond: number;
  readonly microsEach: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}
interface Sample {
  readonly round: number;
  readonly load: number;
  readonly ours: Side;
  readonly raw: Side;
  readonly ratio: number;
  /** The same changes to an event that one socket watches, while the 2,000 are connected: what is not delivering. µs. */
  readonly changesCpu: number;
  /** `ours` without it. */
  readonly sendingMicrosEach: number;
  readonly sendingRatio: number;
  readonly gaps: number;
}

interface Setting {
  readonly stack: Stack;
  readonly changes: Changes;
  /** To an event with one viewer. */
  readonly quietChanges: Changes;
  readonly viewers: readonly Helper<ViewerCalls>[];
  readonly publisher: Helper<PublishCalls>;
}

export const fanOut: Scenario = {
  name: 'fan-out',
  about: 'deliveries of frames a CPU second, beside uWebSockets.js publishing as many bytes to as many sockets',
  async run(options) {
    const setting = await prepare(options);
    const warm = await ours(setting, WARM_UP_MS);
    await raw(setting, warm.side.frameBytes, WARM_UP_MS);
    await changesAlone(setting, WARM_UP_MS);
    const samples: Sample[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      const load = loadNow();
      // Each first every other round. The frames grow by a digit now and then: the last known size will do.
      const bytes = samples.at(-1)?.ours.frameBytes ?? warm.side.frameBytes;
      const before = round % 2 === 0 ? await raw(setting, bytes, MEASURE_MS) : null;
      const { side, gaps } = await ours(setting, MEASURE_MS);
      const baseline = before ?? (await raw(setting, side.frameBytes, MEASURE_MS));
      const ratio = side.perCpuSecond / baseline.perCpuSecond;
      const changesCpu = await changesAlone(setting, MEASURE_MS);
      const sendingMicrosEach = (side.cpu - changesCpu) / side.deliveries;
      const sendingRatio = baseline.microsEach / sendingMicrosEach;
      const sending = { changesCpu, sendingMicrosEach, sendingRatio };
      samples.push({ round, load, ours: side, raw: baseline, ratio, ...sending, gaps });
      options.say(
        `round ${round}: ours ${side.microsEach.toFixed(2)} µs, raw ${baseline.microsEach.toFixed(2)} µs a delivery, ` +
          `ratio ${ratio.toFixed(2)} (sending alone ${sendingMicrosEach.toFixed(2)} µs, ${sendingRatio.toFixed(2)}), change to client p50 ${side.p50Ms.toFixed(1)} p99 ${side.p99Ms.toFixed(1)} ms, ` +
          `raw p50 ${baseline.p50Ms.toFixed(1)} p99 ${baseline.p99Ms.toFixed(1)} ms, load ${load.toFixed(1)}`,
      );
    }
    await Promise.all([setting.publisher.stop(), ...setting.viewers.map((viewer) => viewer.stop())]);
    await setting.stack.stop();
    return report(samples);
  },
};

async function prepare({ say, profileDir }: ScenarioOptions): Promise<Setting> {
  const stack = await startStack({ profileDir });
  const templateId = await createTemplate(stack, plainChart(SEATS));
  const eventId = await sellCopy(stack, templateId);
  const quietId = await sellCopy(stack, templateId);
  const { logDir, port } = stack;
  const publisher = startHelper<PublishCalls>('publisher', 'baselines/uws-publish.js', logDir);
  const viewers = Array.from({ length: CLIENTS }, (_, i) =>
    startHelper<ViewerCalls>(`viewers-${i}`, 'clients/viewer-client.js', logDir),
  );
  const bare = await publisher.call('listen', {});
  for (const viewer of viewers) {
    await viewer.call('watch', { port, eventId, viewers: VIEWERS / CLIENTS });
    await viewer.call('listen', { port: bare.port, viewers: VIEWERS / CLIENTS });
  }
  await viewers[0]?.call('watch', { port, eventId: quietId, viewers: 1 });
  say(`${VIEWERS} viewers of ${SEATS} seats, and as many subscribers of the bare publisher`);
  return {
    stack,
    viewers,
    publisher,
    changes: await Changes.of(stack, eventId),
    quietChanges: await Changes.of(stack, quietId),
  };
}

/** The clock that all processes of the machine share. */
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

async function counted(
  viewers: readonly Helper<ViewerCalls>[],
  pid: number,
  work: () => Promise<void>,
): Promise<{ counts: ViewerCount[]; cpu: number }> {
  await Promise.all(viewers.map((viewer) => viewer.call('reset', {})));
  const { cpu } = await metered({ serving: () => cpuMicros(pid) }, async () => {
    await work();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  });
  return { counts: await Promise.all(viewers.map((viewer) => viewer.call('read', {}))), cpu: cpu.serving };
}

async function ours({ stack, changes, viewers }: Setting, forMs: number): Promise<{ side: Side; gaps: number }> {
  const madeAt = new Map<number, number>();
  const { counts, cpu } = await counted(viewers, stack.server.pid, () => makeChanges(changes, forMs, madeAt));
  const latencies: number[] = [];
  for (const { arrivals } of counts) {
    for (let i = 0; i + 2 < arrivals.length; i += 3) {
      for (let seq = (arrivals[i] ?? 0) + 1; seq <= (arrivals[i + 1] ?? 0); seq++) {
        const made = madeAt.get(seq);
        if (made !== undefined) latencies.push((arrivals[i + 2] ?? 0) - made);
      }
    }
  }
  return { side: sideOf(counts, cpu, latencies), gaps: counts.reduce((sum, count) => sum + count.gaps, 0) };
}

async function changesAlone({ stack, quietChanges, viewers }: Setting, forMs: number): Promise<number> {
  const { cpu } = await counted(viewers, stack.server.pid, () => makeChanges(quietChanges, forMs, new Map()));
  return cpu;
}

async function raw({ publisher, viewers }: Setting, frameBytes: number, forMs: number): Promise<Side> {
  const { counts, cpu } = await counted(viewers, publisher.pid, async () => {
    await publisher.call('publish', { bytes: Math.round(frameBytes), everyMs: TICK_MS, forMs });
  });
  return sideOf(
    counts,
    cpu,
    counts.flatMap((count) => [...count.rawLatencies]),
  );
}

/** One seat held or given back every TICK_MS / CHANGES_A_TICK, by the clock; when each was asked for, by its seq. */
async function makeChanges(changes: Changes, forMs: number, madeAt: Map<number, number>): Promise<void> {
  const everyMs = TICK_MS / CHANGES_A_TICK;
  const held: { token: string; subject: string }[] = [];
  const began = performance.now();
  for (let made = 0; performance.now() - began < forMs; made++) {
    const askedAt = nowMs();
    const oldest = held.length > 50 ? held.shift() : undefined;
    if (oldest === undefined) {
      const hold = await changes.hold((made * 7919) % SEATS);
      held.push(hold);
      madeAt.set(hold.seq, askedAt);
    } else {
      madeAt.set((await changes.release(oldest)).seq, askedAt);
    }
    const waitMs = began + (made + 1) * everyMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  for (const hold of held) await changes.release(hold);
}

function sideOf(counts: readonly ViewerCount[], cpu: number, latencies: readonly number[]): Side {
  const sum = (pick: (count: ViewerCount) => number): number => counts.reduce((all, count) => all + pick(count), 0);
  const deliveries = sum((count) => count.frames);
  const sorted = ascending(latencies);
  return {
    deliveries,
    frameBytes: sum((count) => count.bytes) / deliveries,
    cpu,
    perCpuSecond: deliveries / (cpu / 1e6),
    microsEach: cpu / deliveries,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  };
}

function report(samples: readonly Sample[]): ScenarioReport {
  const rows: [string, (side: Side) => number, number][] = [
    ['deliveries a CPU second', (side) => side.perCpuSecond, 0],
    ['CPU a delivery, µs', (side) => side.microsEach, 2],
    ['deliveries a round', (side) => side.deliveries, 0],
    ['bytes a frame', (side) => side.frameBytes, 0],
    ['latency p50, ms', (side) => side.p50Ms, 1],
    ['latency p99, ms', (side) => side.p99Ms, 1],
  ];
  const table = markdownTable(
    ['', 'Aisle: change asked for → client', 'raw uWS: publish → client'],
    rows.map(([name, pick, digits]) => [
      name,
      show(spread(samples.map((sample) => pick(sample.ours))), digits),
      show(spread(samples.map((sample) => pick(sample.raw))), digits),
    ]),
  );
  const seconds = (MEASURE_MS + SETTLE_MS) / 1000;
  const parts = markdownTable(
    ['of Aisle', 'seen'],
    [
      [
        'server CPU of the changes and of being up, ms a second',
        show(spread(samples.map((sample) => sample.changesCpu / 1000 / seconds)), 1),
      ],
      ['CPU a delivery without that, µs', show(spread(samples.map((sample) => sample.sendingMicrosEach)), 2)],
      ['ratio of sending alone', show(spread(samples.map((sample) => sample.sendingRatio)), 2)],
    ],
  );
  const ratio = spread(samples.map((sample) => sample.ratio));
  const sending = spread(samples.map((sample) => sample.sendingRatio));
  const gaps = samples.reduce((sum, sample) => sum + sample.gaps, 0);
  const goals = [
    {
      what: 'deliveries a CPU second, of raw uWS publish, all in',
      goal: `≥ ${GOAL_RATIO}`,
      seen: show(ratio, 2),
      met: ratio.median >= GOAL_RATIO,
    },
    {
      what: 'sending alone, of raw uWS publish',
      goal: `≥ ${GOAL_RATIO}`,
      seen: show(sending, 2),
      met: sending.median >= GOAL_RATIO,
    },
    { what: 'gaps between frames at the clients that read them', goal: '0', seen: String(gaps), met: gaps === 0 },
  ];
  return { title: 'Fan-out', tables: [table, parts], goals, raw: samples };
}
