import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import type { HoldInput, Outcome } from '../../server/src/domain/ports/seat-store.js';
import { createLogger } from '../../server/src/platform/logger.js';
import { ChartShelf } from '../../server/src/rebuild/chart-shelf.js';
import { createRebuilder } from '../../server/src/rebuild/rebuilder.js';
import { compareCertainly, syncEvent } from '../../server/src/rebuild/sync.js';
import { keys } from '../../server/src/redis/keys.js';
import { announceEvent } from '../../server/src/redis/notices.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { connectBuyers, plainChart, sellEvent, type Buyer } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

const REBUILDS = times(2, 100);
/** 50,000 seats. */
const ROWS = times(25, 250);
const PER_ROW = 200;
/** Of them some 200 commands a second over sockets, and the bookings. */
const BUYERS = 20;
const PAUSE_MS = 100;
/** The rest of 1,000 a second goes straight to the scripts: sockets would cost this machine more than the rebuilds. */
const LANES = 8;
const LANE_COMMANDS_A_S = 100;
const system = useSystem({ nodes: times(1, 2), workers: 1 });

type Common = Pick<
  HoldInput,
  'eventId' | 'epoch' | 'chartVersion' | 'subject' | 'actor' | 'staff' | 'requestId' | 'fingerprint'
>;

/** What all buyers saw. */
class Tally {
  commands = 0;
  unavailable = 0;
  sold: string[] = [];
  longestGapMs = 0;
  #lastGrantedMs = performance.now();
  granted(): void {
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastGrantedMs);
    this.#lastGrantedMs = now;
  }
}

/** Holds a seat anywhere; gives it back, buys it, or keeps it. Resolves with what it still holds. */
async function shop(buyer: Buyer, eventId: string, tally: Tally, stopping: () => boolean): Promise<string[]> {
  const kept: string[] = [];
  /** The same request id until there is an answer: one effect (I6). */
  const insist = async <N extends 'hold' | 'release'>(name: N, payload: Parameters<typeof buyer.send<N>>[1]) => {
    const request = { ...payload, requestId: randomUUID() };
    for (;;) {
      tally.commands++;
      const answer = await buyer.send(name, request);
      if (answer.ok || !answer.error.retryable) return answer;
      tally.unavailable++;
      await sleep(answer.error.retryAfterMs ?? 50);
    }
  };
  for (let turn = 0; !stopping(); turn++) {
    const seat = `r${Math.floor(Math.random() * ROWS)}-${Math.floor(Math.random() * PER_ROW)}`;
    const answer = await insist('hold', { eventId, seats: [seat] });
    if (answer.ok && 'hold' in answer) {
      tally.granted();
      const { token } = answer.hold;
      if (turn % 25 === 7 && kept.length < 5) kept.push(token);
      else if (turn % 25 === 13) {
        const body = { eventId, holdToken: token, onBehalfOf: buyer.subject };
        await book(body);
        tally.sold.push(seat);
      } else expect(await insist('release', { eventId, holdToken: token })).toMatchObject({ ok: true });
    }
    await sleep(PAUSE_MS);
  }
  return kept;
}

/** Holds and releases by the scripts themselves, paced, under whatever epoch is the event's. */
async function drive(store: RedisSeatStore, eventId: string, sql: Sql, tally: Tally, stopping: () => boolean) {
  const subject = `lane-${randomUUID()}`;
  const epochNow = async (): Promise<number> =>
    (await sql<{ epoch: number }[]>`SELECT epoch FROM events WHERE id = ${eventId}`)[0]?.epoch ?? 0;
  let epoch = await epochNow();
  /** Until it is decided, under the same request id. */
  const insist = async <T>(send: (common: Common) => Promise<Outcome<T>>): Promise<Outcome<T>> => {
    const requestId = randomUUID();
    const caller = { eventId, chartVersion: 1, subject, actor: subject, staff: false };
    for (;;) {
      tally.commands++;
      const outcome = await send({ ...caller, epoch, requestId, fingerprint: requestId });
      if (outcome.ok || outcome.refusal.code !== 'UNAVAILABLE') return outcome;
      tally.unavailable++;
      await sleep(50);
      epoch = await epochNow();
    }
  };
  const startedAtMs = performance.now();
  for (let sent = 0; !stopping(); sent += 2) {
    const seats = [{ seatNo: Math.floor(Math.random() * ROWS * PER_ROW), catNo: 0 }];
    const token = `${eventId}.${randomUUID()}`;
    const limits = { maxPlaces: 10, holdMs: 0, maxHoldMs: 0 };
    const held = await insist((common) =>
      store.hold({ ...common, seats, areas: [], newToken: token, fromBlock: false, limits, categoryKeys: ['A'] }),
    );
    if (held.ok) {
      tally.granted();
      const given = await insist((common) => store.release({ ...common, token, seats: [], areas: [] }));
      if (!given.ok) throw new Error(`a release: ${JSON.stringify(given.refusal)}`);
    }
    await sleep(Math.max(0, startedAtMs + ((sent + 2) * 1000) / LANE_COMMANDS_A_S - performance.now()));
  }
}

async function book(body: object): Promise<void> {
  const key = randomUUID();
  const { urls, adminKey } = system.aisle;
  for (;;) {
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', 'idempotency-key': key };
    const response = await fetch(`${urls[0] ?? ''}/v1/bookings`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status === 201) return;
    if (response.status !== 503) throw new Error(`a booking: ${response.status} ${text}`);
    await sleep(50);
  }
}

test(
  'R2 I1 I4 I5 row 23: rebuilds while buyers buy: nothing sold twice, no drift, every hold still there',
  async () => {
    const { redis, aisle } = system;
    // A sync has two transactions open, and writes beside them.
    const sql = openDatabase(aisle.databaseUrl, { max: 6 });
    const { id } = await sellEvent(aisle, plainChart(ROWS, PER_ROW), {
      holdSeconds: 3600,
      maxHoldSeconds: 7200,
      maxSeatsPerSubject: 50,
    });
    const buyers = await connectBuyers(aisle, BUYERS, 'row23');
    const watchers = await Promise.all(aisle.urls.map((url) => system.watch(url, id)));
    const logger = createLogger('silent', 'test');
    const announce = (eventId: string): Promise<void> => announceEvent(redis, eventId);
    const rebuilder = createRebuilder({ sql, redis, logger, operator: 'row 23', logLimit: 1_000_000, announce });
    const deps = { sql, redis, rebuilder, charts: new ChartShelf(sql) };
    const tally = new Tally();
    let stopping = false;
    const startedAt = performance.now();
    const shopping = Promise.all(buyers.map((buyer) => shop(buyer, id, tally, () => stopping)));
    const lanesSql = openDatabase(aisle.databaseUrl, { max: 1 });
    const line = redis.duplicate();
    line.on('error', () => undefined);
    const store = new RedisSeatStore({ redis: line, isReady: () => true, epochOf: () => Promise.resolve(0) });
    const driving = Promise.all(Array.from({ length: LANES }, () => drive(store, id, lanesSql, tally, () => stopping)));
    driving.catch(() => undefined);
    const pauses: number[] = [];
    // Of a failure on the way: what the sockets say when they are closed is no news.
    shopping.catch(() => undefined);
    let found = 0;
    try {
      for (let rebuild = 0; rebuild < REBUILDS; rebuild++) {
        await sleep(300);
        const { load } = await syncEvent(deps, id, { online: true, operator: 'row 23' });
        expect(load.result).toBe('loaded');
        pauses.push(load.pausedMs);
        found += load.found?.places ?? 0;
      }
      await sleep(500);
    } finally {
      stopping = true;
    }
    const kept = (await shopping).flat();
    await driving;
    line.disconnect();
    await lanesSql.end();
    const seconds = (performance.now() - startedAt) / 1000;

    const tickets = await sql<{ place: number; live: number }[]>`
      SELECT place_no AS place, count(*)::integer AS live FROM tickets WHERE event_id = ${id} AND status <> 'cancelled' GROUP BY place_no`;
    expect(tickets.filter(({ live }) => live > 1)).toEqual([]);
    expect(tickets).toHaveLength(new Set(tally.sold).size);
    expect(tally.sold).toHaveLength(new Set(tally.sold).size);
    for (const token of kept) expect(await redis.hget(keys.hold(id, token), 'state')).toBe('held');
    await sql`UPDATE orders SET updated_at = now() - interval '1 minute' WHERE event_id = ${id}`;
    const drift = await compareCertainly(deps, id);
    expect(drift).toMatchObject({ result: 'compared', drift: { places: [], categories: [] } });
    const letters = await redisLetters(redis, id);
    for (const { map } of watchers)
      await waitFor(() => lettersOf(map) === letters, { timeoutMs: 15_000, what: 'the map of a client' });
    expect(found).toBe(0);

    const [most, median] = [Math.max(...pauses), [...pauses].sort((a, b) => a - b)[pauses.length >> 1] ?? 0];
    const rate = Math.round(tally.commands / seconds);
    reportRow({
      row: 23,
      what: `online rebuilds of a ${ROWS * PER_ROW}-seat event under ${BUYERS} buyers and ${LANES} lanes of scripts, ${rate} commands/s`,
      ran: `${REBUILDS} rebuilds, ${tally.commands} commands`,
      result:
        `0 oversold of ${tickets.length} sold, drift 0, ${kept.length} of ${kept.length} kept holds there; sales stood still for ${median} ms (median), ` +
        `${most} ms at the most; longest without a granted hold ${Math.round(tally.longestGapMs)} ms, ` +
        `${tally.unavailable} answers UNAVAILABLE`,
    });
    for (const { close } of watchers) close();
    for (const buyer of buyers) buyer.close();
    await sql.end();
  },
  times(60_000, 900_000),
);
