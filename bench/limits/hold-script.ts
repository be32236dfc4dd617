import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { findProgram } from '../../launcher/src/parts/programs.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { keys, LAYOUT_VERSION } from '../../server/src/redis/keys.js';
import { loadScript, type Script } from '../../server/src/redis/scripts.js';
import { onEnd } from '../harness/cleanup.js';
import { cpuMicros, metered } from '../harness/cpu.js';
import { quietRedis } from '../harness/quiet.js';
import type { Stack } from '../harness/stack.js';

/**
 * Seats of the scratch event: so many that random numbers seldom meet (30,000 holds take under 1 % of them), because a
 * refusal is cheaper than a hold.
 */
const SCRATCH_SEATS = 4_000_000;
/** redis-benchmark puts a random number, twelve digits, for each of these. */
const RANDOM = '__rand_int__';
/** One alone would repeat itself some fifty times in 20,000: a token used before is an error, a request id a replay. */
const UNIQUE = RANDOM + RANDOM;
/** A seatNo that nothing else in the arguments looks like. */
const SENTINEL = 987_654_321;
const CLIENTS = 50;
const TIMEOUT_MS = 60_000;
const LEAST_SHARE_OK = 0.97;
const EPOCH = 1;

export interface ScriptRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly redisMicros: number;
  /** Share that were granted. */
  readonly ok: number;
}

/** The hold script as the server runs it, driven by redis-benchmark: what one Redis core gives without any of our code. */
export class HoldScriptLimit {
  readonly script: Script = loadScript('hold');
  readonly #recorder = new Recorder();
  #runs = 0;

  /** `calls` holds of one seat, 50 connections, no pipelining, on a scratch event of its own. */
  async measure({ redis, redisPid, redisSocket }: Stack, calls: number): Promise<ScriptRate> {
    const eventId = `evt_scratch_${this.#runs++}`;
    await seed(redis, eventId);
    await redis.script('LOAD', this.script.source);
    const command = await this.#command(eventId);
    await quietRedis(redis);
    const { value, cpu } = await metered({ redis: () => cpuMicros(redisPid) }, () =>
      benchmark(redisSocket, calls, command),
    );
    const seq = Number(await redis.hget(keys.event(eventId), 'seq'));
    // What is left of it: some of the keys (the others are as good as unknown) and the map, the one that is large.
    await redis.unlink(keys.map(eventId), keys.event(eventId), keys.log(eventId), keys.holdsIndex(eventId));
    const ok = seq / calls;
    if (ok < LEAST_SHARE_OK) throw new Error(`only ${(ok * 100).toFixed(1)} % of the scratch holds were granted`);
    return { ...value, redisMicros: cpu.redis / calls, ok };
  }

  /** EVALSHA with exactly the keys and arguments that the store sends for one seat, random numbers in their places. */
  async #command(eventId: string): Promise<string[]> {
    const subject = `buyer-${RANDOM}`;
    const sent = await this.#recorder.of((store) =>
      store.hold({
        eventId,
        epoch: EPOCH,
        chartVersion: 1,
        subject,
        actor: subject,
        staff: false,
        requestId: `req-${UNIQUE}`,
        fingerprint: 'f'.repeat(43),
        seats: [{ seatNo: SENTINEL, catNo: 0 }],
        areas: [],
        newToken: `${eventId}.${UNIQUE}`,
        fromBlock: false,
        limits: { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 },
        categoryKeys: ['A'],
      }),
    );
    if (sent[0] !== this.script.sha) throw new Error('the store did not send the hold script');
    return ['EVALSHA', ...sent.map((arg) => String(arg).replaceAll(String(SENTINEL), RANDOM))];
  }
}

/** Hears what a store would send. */
class Recorder {
  #sent: (string | number)[] = [];
  readonly #store: RedisSeatStore;

  constructor() {
    const redis = Object.assign(new Redis({ lazyConnect: true }), {
      evalsha: (...args: (string | number)[]): Promise<unknown> => {
        this.#sent = args;
        return Promise.reject(new Error('recorded'));
      },
    });
    this.#store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(EPOCH) });
  }

  async of(command: (store: RedisSeatStore) => Promise<unknown>): Promise<(string | number)[]> {
    await command(this.#store).catch(() => undefined);
    return this.#sent;
  }
}

async function benchmark(socket: string, calls: number, command: readonly string[]) {
  const program = findProgram(['redis-benchmark', 'valkey-benchmark']);
  if (program === null) throw new Error('redis-benchmark is not installed (Debian: apt-get install redis-tools)');
  const options = ['-s', socket, '-c', CLIENTS, '-n', calls, '-r', SCRATCH_SEATS, '--csv'].map(String);
  const child = spawn(program, [...options, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const release = onEnd(() => void child.kill('SIGKILL'));
  const killer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  clearTimeout(killer);
  await release();
  return parseCsv(output);
}

/** "<command>","rps","avg","min","p50","p95","p99","max" in the last line. */
function parseCsv(output: string): { perSecond: number; p50Ms: number; p99Ms: number } {
  const last = output.trim().split('\n').at(-1) ?? '';
  const figures = /"([\d.]+)","([\d.]+)","([\d.]+)","([\d.]+)","([\d.]+)","([\d.]+)","([\d.]+)"$/.exec(last);
  if (figures === null) throw new Error(`redis-benchmark said: ${output.slice(-500)}`);
  return { perSecond: Number(figures[1]), p50Ms: Number(figures[4]), p99Ms: Number(figures[6]) };
}

/** An event as a load leaves it, all free; no server knows it. */
async function seed(redis: Redis, eventId: string): Promise<void> {
  const total = SCRATCH_SEATS;
  await redis.set(keys.map(eventId), 'a'.repeat(total));
  await redis.hset(keys.inventory(eventId, 'A'), { total, sold: 0, pending: 0, available: total, version: 0 });
  await redis.hset(keys.event(eventId), {
    ...{ status: 'on_sale', version: 1, epoch: EPOCH, seq: 0, chartVersion: 1, layoutVersion: LAYOUT_VERSION },
    ...{ seats: total, areas: 0, categories: '["A"]', holdMs: 300_000, maxHoldMs: 900_000, maxPlaces: 10 },
    logLimit: 1_000_000,
  });
}
