import type { HoldCalls, HoldRunResult } from '../clients/hold-client.js';
import type { ViewerCalls } from '../clients/viewer-client.js';
import { startHelper, type Helper } from '../harness/calls.js';
import { cpuMicros, cpuMicrosOfFamily, metered } from '../harness/cpu.js';
import { createTemplate, plainChart, sellCopy } from '../harness/events.js';
import { loadNow } from '../harness/machine.js';
import { drained, quietRedis } from '../harness/quiet.js';
import { startStack, type Stack } from '../harness/stack.js';
import { spread } from '../harness/stats.js';
import { markdownTable, show } from '../harness/table.js';
import { buyerTokens } from '../harness/tokens.js';
import { HoldScriptLimit, type ScriptRate } from '../limits/hold-script.js';
import type { Scenario, ScenarioOptions, ScenarioReport } from './scenario.js';

const SEATS = 200_000;
/**
 * Buyers, each with a socket and a subject of its own, each holding one seat a round: like redis-benchmark's. A subject's
 * own holds are all read by each of its next ones (SPEC H2), so with more holds a buyer another script would be measured.
 */
const SOCKETS = 10_000;
const IN_FLIGHT = 200;
const HOLDS = 10_000;
const WARM_UP_HOLDS = 6000;
const GOAL_RATIO = 0.6;
/** A machine busy with other things makes Redis answer too late for some: UNAVAILABLE, to be sent again. More is a fault. */
const REFUSED_AT_MOST = 0.02;

/** `worker off`: stopped by a signal, so nothing drains the log. `viewer`: with the worker, and one socket watching. */
const MODES = ['worker off', 'worker on', 'worker on, one viewer'] as const;
type Mode = (typeof MODES)[number];

interface Sample {
  readonly round: number;
  readonly mode: Mode;
  readonly load: number;
  readonly script: ScriptRate;
  readonly run: HoldRunResult;
  readonly perSecond: number;
  readonly ratio: number;
  /** µs a hold, by process. */
  readonly micros: Record<'server' | 'redis' | 'worker' | 'postgres' | 'client', number>;
  /** From the last ack to an empty log. */
  readonly drainMs: number;
}

interface Setting {
  readonly stack: Stack;
  readonly worker: NonNullable<Stack['worker']>;
  readonly client: Helper<HoldCalls>;
  readonly viewer: Helper<ViewerCalls>;
  readonly limit: HoldScriptLimit;
  readonly templateId: string;
}

export const holds: Scenario = {
  name: 'holds',
  about: 'holds a second and CPU a hold over sockets, beside redis-benchmark running the same script',
  async run(options) {
    const setting = await prepare(options);
    const samples: Sample[] = [];
    for (const mode of MODES) await measure(setting, mode, 0, WARM_UP_HOLDS);
    for (let round = 1; round <= options.rounds; round++) {
      for (const mode of MODES) {
        const sample = await measure(setting, mode, round, HOLDS);
        samples.push(sample);
        options.say(line(sample));
      }
    }
    await Promise.all([setting.client.stop(), setting.viewer.stop()]);
    await setting.stack.stop();
    return report(samples);
  },
};

async function prepare({ say, profileDir }: ScenarioOptions): Promise<Setting> {
  // Read at the moment at which the server reads its own: a build in between would be noticed, but not forgiven.
  const limit = new HoldScriptLimit();
  const stack = await startStack({ worker: true, profileDir });
  if (stack.worker === null) throw new Error('no worker');
  const templateId = await createTemplate(stack, plainChart(SEATS));
  const client = startHelper<HoldCalls>('hold-client', 'clients/hold-client.js', stack.logDir);
  const viewer = startHelper<ViewerCalls>('viewer', 'clients/viewer-client.js', stack.logDir);
  const tokens = await buyerTokens(SOCKETS, stack.authSecret);
  await client.call('connect', { port: stack.port, tokens });
  say(`${SOCKETS} buyers connected, ${IN_FLIGHT} holds under way at once, ${SEATS} seats`);
  return { stack, worker: stack.worker, client, viewer, templateId, limit };
}

/** Script alone and full path, each first every other round. */
async function measure(setting: Setting, mode: Mode, round: number, count: number): Promise<Sample> {
  const { stack, limit, templateId } = setting;
  const eventId = await sellCopy(stack, templateId);
  if (mode === 'worker on, one viewer') {
    await setting.viewer.call('watch', { port: stack.port, eventId, viewers: 1 });
  }
  const load = loadNow();
  const scriptFirst = round % 2 === 0;
  let script = scriptFirst ? await limit.measure(stack, count) : null;
  const path = await fullPath(setting, mode, eventId, count);
  script ??= await limit.measure(stack, count);
  const perSecond = (path.run.ok / path.run.elapsedMs) * 1000;
  return { round, mode, load, script, ...path, perSecond, ratio: perSecond / script.perSecond };
}

async function fullPath({ stack, worker, client, limit }: Setting, mode: Mode, eventId: string, count: number) {
  const { redis } = stack;
  await quietRedis(redis);
  if (mode === 'worker off') worker.signal('SIGSTOP');
  const meters = {
    server: () => cpuMicros(stack.server.pid),
    redis: () => cpuMicros(stack.redisPid),
    worker: () => cpuMicros(worker.pid),
    postgres: () => cpuMicrosOfFamily(stack.postgresPid),
    client: () => cpuMicros(client.pid),
  };
  const ask = { eventId, holds: count, inFlight: IN_FLIGHT, seats: SEATS };
  const { value: run, cpu } = await metered(meters, () => client.call('run', ask));
  worker.signal('SIGCONT');
  if (run.ok < count * (1 - REFUSED_AT_MOST)) {
    throw new Error(`${count - run.ok} of ${count} holds were refused: ${run.refused.join('; ')}`);
  }
  const [known] = (await redis.script('EXISTS', limit.script.sha)) as number[];
  if (known !== 1) throw new Error('the server runs another hold script than the one measured beside it');
  const answered = performance.now();
  await drained(redis, eventId);
  const micros = Object.fromEntries(Object.entries(cpu).map(([name, used]) => [name, used / count])) as typeof cpu;
  return { run, micros, drainMs: performance.now() - answered };
}

const line = ({ round, mode, load, perSecond, ratio, script, micros, run }: Sample): string =>
  `round ${round}, ${mode}: ${perSecond.toFixed(0)}/s, script ${script.perSecond.toFixed(0)}/s, ratio ${ratio.toFixed(2)}, ` +
  `µs server ${micros.server.toFixed(1)} redis ${micros.redis.toFixed(1)} (script alone ${script.redisMicros.toFixed(1)}) ` +
  `worker ${micros.worker.toFixed(1)} postgres ${micros.postgres.toFixed(1)} client ${micros.client.toFixed(1)}, ` +
  `p50 ${run.p50Ms.toFixed(1)} p99 ${run.p99Ms.toFixed(1)} ms, load ${load.toFixed(1)}`;

function report(samples: readonly Sample[]): ScenarioReport {
  const of = (mode: Mode, pick: (sample: Sample) => number) =>
    spread(samples.filter((sample) => sample.mode === mode).map(pick));
  const rows: [string, (sample: Sample) => number, number][] = [
    ['holds/s over sockets', (s) => s.perSecond, 0],
    ['holds/s, script alone (redis-benchmark)', (s) => s.script.perSecond, 0],
    ['ratio', (s) => s.ratio, 2],
    ['ack p50, ms', (s) => s.run.p50Ms, 1],
    ['ack p99, ms', (s) => s.run.p99Ms, 1],
    ['server CPU, µs a hold', (s) => s.micros.server, 1],
    ['Redis CPU, µs a hold', (s) => s.micros.redis, 1],
    ['Redis CPU, µs, script alone', (s) => s.script.redisMicros, 1],
    ['worker CPU, µs a hold (while it ran)', (s) => s.micros.worker, 1],
    ['Postgres CPU, µs a hold (while it ran)', (s) => s.micros.postgres, 1],
    ['client CPU, µs a hold', (s) => s.micros.client, 1],
    ['not granted in time, %', (s) => (1 - s.run.ok / HOLDS) * 100, 2],
    ['log empty after the last ack, ms', (s) => s.drainMs, 0],
  ];
  const table = markdownTable(
    ['', ...MODES],
    rows.map(([name, pick, digits]) => [name, ...MODES.map((mode) => show(of(mode, pick), digits))]),
  );
  const goals = MODES.map((mode) => {
    const ratio = of(mode, (s) => s.ratio);
    return {
      what: `holds over sockets, of the unpipelined script rate (${mode})`,
      goal: `≥ ${GOAL_RATIO}`,
      seen: show(ratio, 2),
      met: ratio.median >= GOAL_RATIO,
    };
  });
  return { title: 'Holds', tables: [table], goals, raw: samples };
}
