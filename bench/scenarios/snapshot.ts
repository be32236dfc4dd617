import { request } from 'node:http';
import { RawSocket } from '../clients/raw-socket.js';
import { Changes } from '../harness/changes.js';
import { cpuMicros, metered } from '../harness/cpu.js';
import { createTemplate, plainChart, sellCopy } from '../harness/events.js';
import { loadNow } from '../harness/machine.js';
import { startStack, type Stack } from '../harness/stack.js';
import { median, spread, type Spread } from '../harness/stats.js';
import { markdownTable, show } from '../harness/table.js';
import { loadScript } from '../../server/src/redis/scripts.js';
import type { Scenario, ScenarioReport } from './scenario.js';

const SEATS = 50_000;
/** Fresh events a round, each for one first viewer. */
const COLD = 3;
/** Subscribes, and requests, in a row for one mean. */
const REPEATS = 60;
const GOAL_SOCKET_BYTES = 60_000;
const GOAL_HTTP_BYTES = 15_000;
const GOAL_MICROS = 2000;
const MICROS_PER_MS = 1000;

/** Bytes, and µs of all the server's threads. */
interface Sample {
  readonly round: number;
  readonly load: number;
  readonly ackBytes: number;
  readonly identityBytes: number;
  readonly gzipBytes: number;
  readonly brotliBytes: number;
  /** First viewer of an event on this node: Redis, mirror, answer. */
  readonly coldMicros: number;
  readonly coldMs: number;
  /** Nothing has changed since the last answer. */
  readonly sameMicros: number;
  /** What a change alone costs the server, with what it does anyway in the time between two ticks. */
  readonly changeMicros: number;
  /** After a change, without the cost of the change: the map is encoded anew. */
  readonly changedMicros: number;
  readonly changedMs: number;
  readonly httpSameMicros: number;
  /** After a change, without the cost of the change: JSON and brotli made anew. */
  readonly httpChangedMicros: number;
  readonly redisMicros: number;
}

export const snapshot: Scenario = {
  name: 'snapshot',
  about: `bytes and time of the map of ${SEATS} seats, half of them sold at random`,
  async run(options) {
    const stack = await startStack({ profileDir: options.profileDir });
    const templateId = await createTemplate(stack, plainChart(SEATS));
    options.say(`${SEATS} seats, half sold at random; ${COLD} fresh events a round`);
    await measure(stack, templateId, 0);
    const samples: Sample[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      const sample = await measure(stack, templateId, round);
      samples.push(sample);
      options.say(line(sample));
    }
    await stack.stop();
    return report(samples);
  },
};

async function measure(stack: Stack, templateId: string, round: number): Promise<Sample> {
  const load = loadNow();
  const cold: { micros: number; ms: number; bytes: number }[] = [];
  let last = { eventId: '', viewer: null as Viewer | null };
  for (let i = 0; i < COLD; i++) {
    const eventId = await sellCopy(stack, templateId, randomHalf(SEATS));
    const viewer = await Viewer.open(stack.port, eventId);
    const { value, cpu } = await metered(serverOf(stack), () => viewer.subscribe());
    cold.push({ micros: cpu.server, ms: value.ms, bytes: value.bytes });
    last.viewer?.close();
    last = { eventId, viewer };
  }
  const { eventId, viewer } = last;
  if (viewer === null) throw new Error('no viewer');
  const changes = await Changes.of(stack, eventId);
  const free = await freeSeats(stack, eventId, REPEATS * 3);
  const change = async (): Promise<void> => {
    await Promise.all([viewer.nextFrame(), changes.hold(free.pop() ?? 0)]);
  };
  const same = await repeated(stack, async () => (await viewer.subscribe()).ms);
  const changeAlone = await repeated(stack, () => change().then(() => 0));
  const changed = await repeated(stack, async () => {
    await change();
    return (await viewer.subscribe()).ms;
  });
  const path = `/v1/events/${eventId}/seats`;
  const [identityBytes, gzipBytes, brotliBytes] = await Promise.all(
    ['identity', 'gzip', 'br'].map((encoding) => httpBytes(stack.port, path, encoding)),
  );
  const httpSame = await repeated(stack, () => httpBytes(stack.port, path, 'br'));
  const httpChanged = await repeated(stack, async () => {
    await change();
    return httpBytes(stack.port, path, 'br');
  });
  const redisMicros = await scriptMicros(stack, changes);
  viewer.close();
  return {
    ...{ round, load, ackBytes: cold[0]?.bytes ?? 0 },
    ...{ identityBytes: identityBytes ?? 0, gzipBytes: gzipBytes ?? 0, brotliBytes: brotliBytes ?? 0 },
    coldMicros: median(cold.map(({ micros }) => micros)),
    coldMs: median(cold.map(({ ms }) => ms)),
    ...{ sameMicros: same.micros, changeMicros: changeAlone.micros },
    ...{ changedMicros: changed.micros - changeAlone.micros, changedMs: changed.median },
    ...{ httpSameMicros: httpSame.micros, httpChangedMicros: httpChanged.micros - changeAlone.micros, redisMicros },
  };
}

const serverOf = (stack: Stack) => ({ server: () => cpuMicros(stack.server.pid) });

/** Mean CPU of the server over REPEATS calls one after the other, and the median of what each call answered. */
async function repeated(stack: Stack, call: () => Promise<number>): Promise<{ micros: number; median: number }> {
  const { value, cpu } = await metered(serverOf(stack), async () => {
    const answers: number[] = [];
    for (let i = 0; i < REPEATS; i++) answers.push(await call());
    return answers;
  });
  return { micros: cpu.server / REPEATS, median: median(value) };
}

/** One socket that subscribes again and again: each time it is sent the map. */
class Viewer {
  #onAck: (text: string) => void = () => undefined;
  #onSeats: () => void = () => undefined;

  private constructor(
    private readonly socket: RawSocket,
    private readonly eventId: string,
  ) {
    socket.onFrame = (text) => {
      if (text.startsWith('43')) this.#onAck(text);
      else if (text.startsWith('42["seats"')) this.#onSeats();
    };
  }

  static async open(port: number, eventId: string): Promise<Viewer> {
    return new Viewer(await RawSocket.open(port, { protocol: 1 }), eventId);
  }

  subscribe(): Promise<{ ms: number; bytes: number }> {
    return new Promise((resolve, reject) => {
      const sentAt = performance.now();
      this.#onAck = (text) => {
        const ms = performance.now() - sentAt;
        if (text.includes('"map":"')) resolve({ ms, bytes: text.length });
        else reject(new Error(`no map: ${text.slice(0, 300)}`));
      };
      this.socket.send(`421["subscribe",{"eventId":"${this.eventId}"}]`);
    });
  }

  nextFrame(): Promise<void> {
    return new Promise((resolve) => (this.#onSeats = resolve));
  }

  close(): void {
    this.socket.ws.removeAllListeners('close');
    this.socket.ws.close();
  }
}

function randomHalf(seats: number): number[] {
  const all = Array.from({ length: seats }, (_, seatNo) => seatNo);
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, seats / 2);
}

async function freeSeats(stack: Stack, eventId: string, count: number): Promise<number[]> {
  const rows = await stack.sql<{ seat_no: number }[]>`
    SELECT every.no AS seat_no FROM generate_series(0, ${SEATS - 1}) AS every(no)
    WHERE NOT EXISTS (SELECT FROM seat_claims c WHERE c.event_id = ${eventId} AND c.seat_no = every.no)
    LIMIT ${count}`;
  return rows.map((row) => row.seat_no);
}

/** Bytes of the body as they travel: fetch would unpack them. */
function httpBytes(port: number, path: string, encoding: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': encoding };
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`GET ${path}: ${response.statusCode ?? 0}`));
      });
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

/** Median of what SLOWLOG says that snapshot.lua took, nothing else counted. */
async function scriptMicros({ redis }: Stack, changes: Changes): Promise<number> {
  const { sha } = loadScript('snapshot');
  await redis.config('SET', 'slowlog-max-len', '4096');
  await redis.config('SET', 'slowlog-log-slower-than', '0');
  await redis.slowlog('RESET');
  for (let i = 0; i < REPEATS; i++) await changes.store.snapshot(changes.eventId);
  const entries = (await redis.slowlog('GET', '4096')) as [number, number, number, string[]][];
  await redis.config('SET', 'slowlog-log-slower-than', '10000');
  const took = entries.filter(([, , , command]) => command[1] === sha).map(([, , micros]) => micros);
  if (took.length < REPEATS) throw new Error('the slow log has not all the snapshots');
  return median(took);
}

const line = (sample: Sample): string =>
  `round ${sample.round}: ack ${sample.ackBytes} B, gzip ${sample.gzipBytes} B, br ${sample.brotliBytes} B, ` +
  `CPU µs cold ${sample.coldMicros.toFixed(0)} same ${sample.sameMicros.toFixed(0)} changed ${sample.changedMicros.toFixed(0)} change ${sample.changeMicros.toFixed(0)} ` +
  `http ${sample.httpSameMicros.toFixed(0)}/${sample.httpChangedMicros.toFixed(0)}, snapshot.lua ${sample.redisMicros} µs, ` +
  `load ${sample.load.toFixed(1)}`;

/** Name, figure, digits; times in ms. */
const FIGURES: readonly [string, (sample: Sample) => number, number][] = [
  ['subscribe ack on the socket, bytes', (s) => s.ackBytes, 0],
  ['GET …/seats, bytes, plain', (s) => s.identityBytes, 0],
  ['GET …/seats, bytes, gzip', (s) => s.gzipBytes, 0],
  ['GET …/seats, bytes, br', (s) => s.brotliBytes, 0],
  ['server CPU, first viewer (cold), ms', (s) => s.coldMicros / MICROS_PER_MS, 2],
  ['wait of the first viewer, ms', (s) => s.coldMs, 2],
  ['server CPU, mirrored, nothing changed, ms', (s) => s.sameMicros / MICROS_PER_MS, 2],
  ['server CPU, mirrored, changed since, ms', (s) => s.changedMicros / MICROS_PER_MS, 2],
  ['server CPU of a change alone, ms', (s) => s.changeMicros / MICROS_PER_MS, 2],
  ['wait, mirrored, changed since, ms', (s) => s.changedMs, 2],
  ['server CPU, HTTP br, nothing changed, ms', (s) => s.httpSameMicros / MICROS_PER_MS, 2],
  ['server CPU, HTTP br, changed since, ms', (s) => s.httpChangedMicros / MICROS_PER_MS, 2],
  ['Redis, snapshot.lua, ms', (s) => s.redisMicros / MICROS_PER_MS, 2],
];
const GOALS: readonly [string, (sample: Sample) => number, number, string][] = [
  ['subscribe ack on the socket', (s) => s.ackBytes, GOAL_SOCKET_BYTES, 'B'],
  ['map over HTTP, br', (s) => s.brotliBytes, GOAL_HTTP_BYTES, 'B'],
  ['map over HTTP, gzip', (s) => s.gzipBytes, GOAL_HTTP_BYTES, 'B'],
  ['server CPU of a map, mirrored, changed since', (s) => s.changedMicros, GOAL_MICROS, 'µs'],
  ['server CPU of a map, first viewer', (s) => s.coldMicros, GOAL_MICROS, 'µs'],
];

function report(samples: readonly Sample[]): ScenarioReport {
  const of = (pick: (sample: Sample) => number): Spread => spread(samples.map(pick));
  const table = markdownTable(
    ['', 'seen'],
    FIGURES.map(([name, pick, digits]) => [name, show(of(pick), digits)]),
  );
  const goals = GOALS.map(([what, pick, limit, unit]) => ({
    what,
    goal: `≤ ${limit.toLocaleString('en-US')} ${unit}`,
    seen: show(of(pick)),
    met: of(pick).median <= limit,
  }));
  return { title: 'Snapshot', tables: [table], goals, raw: samples };
}
