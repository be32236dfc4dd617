import { setTimeout as sleep } from 'node:timers/promises';
import { AisleError, createClient, type AisleClient, type SeatMap } from '@aisle/client';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { startAisle, type TestAisle, type TestNode } from '../helpers/aisle.js';
import { startBalancer, type Balancer } from '../helpers/balancer.js';
import { buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { lettersOf } from '../helpers/system.js';
import { recount, redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';
import { reportRow } from './support/report.js';
import { buildEarlier, type EarlierBuild } from './support/version-before.js';

/**
 * The version before this one and this one, side by side on the same stores, under buyers: one node after the other is
 * replaced, then the worker, and back again. The stores were migrated by the new version first.
 */

const BUYERS = 30;
const SEATS_EACH = 20;
const PHASE_MS = 4000;
const PATIENCE_MS = 30_000;
/** Half a dozen of processes start while the buyers keep the machine busy. */
const READY_MS = 60_000;

let earlier: EarlierBuild;
let now: TestAisle;
let before: TestAisle;
let redis: Redis;
let sql: Sql;
let balancer: Balancer;
beforeAll(async () => {
  earlier = buildEarlier();
  // Its database is migrated to where this version wants it.
  now = await startAisle({ nodes: 0, workers: 0, readyTimeoutMs: READY_MS });
  before = await startAisle({
    ...{ nodes: 2, workers: 1, dist: earlier.dist, redis: now.redis, databaseUrl: now.databaseUrl },
    env: { AISLE_ADMIN_KEY: now.adminKey, AISLE_AUTH_SECRET: now.authSecret },
    readyTimeoutMs: READY_MS,
  });
  redis = openCommandConnection(now.redis.url);
  sql = openDatabase(now.databaseUrl, { max: 2 });
  balancer = await startBalancer(before.urls);
}, 180_000);
afterAll(async () => {
  await balancer.stop();
  redis.disconnect();
  await sql.end();
  await before.stop();
  await now.stop();
  earlier.remove();
});

/** What went wrong for good. What may be tried again is tried again, as the SDK and a careful shop do. */
class Traffic {
  readonly failures: string[] = [];
  readonly clients: AisleClient[] = [];
  readonly sold: string[] = [];
  calls = 0;
  retried = 0;
  #paused = false;
  #going = true;
  #idle = 0;
  readonly #lanes: Promise<void>[] = [];

  constructor(
    readonly event: SeatEvent,
    readonly url: string,
  ) {}

  async start(): Promise<void> {
    for (let n = 0; n < BUYERS; n++) {
      const token = await buyerToken(`buyer-${n}`, now.authSecret);
      const client = createClient({ url: this.url, getToken: () => token, timeouts: { backoffMaxMs: 1000 } });
      this.clients.push(client);
      const map = client.watch(this.event.id);
      await map.whenReady();
      this.#lanes.push(this.#buy(n, client, map));
    }
  }

  /** Resolves when nobody has anything under way. */
  async pause(): Promise<void> {
    this.#paused = true;
    await waitFor(() => this.#idle === BUYERS, { what: 'idle buyers', timeoutMs: 40_000 });
  }
  resume(): void {
    this.#paused = false;
  }
  async stop(): Promise<void> {
    this.resume();
    this.#going = false;
    await Promise.all(this.#lanes);
  }

  /** A row of seats for each: nobody is in anybody's way, so that every refusal is one too many. */
  async #buy(n: number, client: AisleClient, map: SeatMap): Promise<void> {
    for (let turn = 0; this.#going; turn++) {
      this.#idle++;
      while (this.#paused) await sleep(20);
      this.#idle--;
      const seat = `r${n}-${turn % SEATS_EACH}`;
      try {
        if (map.state(n * SEATS_EACH + (turn % SEATS_EACH)) === 's') continue;
        const { hold } = await client.hold({ eventId: this.event.id, seats: [seat] });
        this.calls++;
        if (turn % 3 === 0) await this.#sell(`${n}-${turn}`, hold.token, seat);
        else if (turn % 3 === 1) await client.release({ eventId: this.event.id, holdToken: hold.token });
        else {
          await client.extend({ eventId: this.event.id, holdToken: hold.token });
          await client.release({ eventId: this.event.id, holdToken: hold.token });
          this.calls++;
        }
        this.calls++;
      } catch (error) {
        this.failures.push(`${seat}: ${error instanceof AisleError ? JSON.stringify(error.toWire()) : String(error)}`);
      } finally {
        await sleep(400 + 200 * Math.random());
      }
    }
  }

  async #sell(key: string, holdToken: string, seat: string): Promise<void> {
    const order = await this.#post<Order>('/orders', `order-${key}`, { eventId: this.event.id, holdToken });
    const payment = { reference: `shop-${key}`, amountMinor: order.totalMinor, currency: order.currency };
    const paid = await this.#post<Order>(`/orders/${order.id}/confirm`, `pay-${key}`, { payment });
    if (paid.status !== 'completed') throw new Error(`order ${order.id} is ${paid.status}`);
    this.sold.push(seat);
    this.calls += 2;
  }

  async #post<T>(pathname: string, key: string, body: object): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      let why: string;
      try {
        const response = await fetch(`${this.url}/v1${pathname}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${now.adminKey}`,
            'content-type': 'application/json',
            'idempotency-key': key,
          },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(8000),
        });
        const answer = (await response.json()) as T & { error?: { retryable: boolean } };
        if (response.ok) return answer;
        why = JSON.stringify(answer.error);
        if (answer.error?.retryable !== true) throw new Error(`POST ${pathname}: ${why}`);
      } catch (error) {
        // A connection that broke: sent again under the same key.
        if (error instanceof Error && error.message.startsWith('POST')) throw error;
        why = String(error);
      }
      if (performance.now() > until) throw new Error(`POST ${pathname} in ${PATIENCE_MS / 1000} s: ${why}`);
      this.retried++;
      await sleep(200);
    }
  }
}

async function untilSettled(eventId: string): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await sql<{ open: number }[]>`
        SELECT count(*)::integer AS open FROM orders WHERE event_id = ${eventId} AND (status = 'pending' OR settled_at IS NULL)`;
      const waiting = await redis.xlen(`log:{${eventId}}`);
      if (row?.open !== 0 || waiting !== 0) throw new Error(`${row?.open ?? -1} orders, ${waiting} entries`);
      return true;
    },
    { what: 'all settled', timeoutMs: 60_000, intervalMs: 100 },
  );
}

/** Drift 0, and both versions' screens as Redis has it. */
async function inAgreement(eventId: string, nodes: readonly TestNode[], sold: readonly string[]): Promise<void> {
  await untilSettled(eventId);
  const letters = await redisLetters(redis, eventId);
  const tickets = await sql<{ no: number }[]>`
    SELECT place_no AS no FROM tickets WHERE event_id = ${eventId} AND status = 'valid' ORDER BY place_no`;
  const implied = Array.from(letters, () => 'a');
  for (const { no } of tickets) implied[no] = 's';
  expect(letters).toBe(implied.join(''));
  expect(tickets.length).toBe(sold.length);
  const { stored, counted } = await recount(redis, eventId, 'A');
  expect(stored).toEqual(counted);
  for (const node of nodes) {
    const client = createClient({ url: node.url, getToken: () => buyerToken('watcher', now.authSecret) });
    const map = await client.watch(eventId).whenReady();
    await waitFor(() => !map.stale && lettersOf(map) === letters, { what: `the map on ${node.url}` });
    client.close();
  }
}

const running = (): TestNode[] => [...before.nodes, ...now.nodes].filter((node) => node.running);
const use = (): void => balancer.use(running().map(({ url }) => url));
async function replace(node: TestNode, by: TestAisle): Promise<void> {
  await by.addNode();
  use();
  await sleep(PHASE_MS);
  await node.kill('SIGTERM');
  expect(await node.ended).toBe(0);
  use();
  await sleep(PHASE_MS / 2);
}

test(
  'N5 nodes of the version before beside this one, replaced one by one, and back',
  { timeout: 400_000 },
  async () => {
    const [first, second] = before.nodes;
    if (first === undefined || second === undefined) throw new Error('no nodes');
    const event = await sellEvent({ urls: before.urls, adminKey: now.adminKey }, plainChart(BUYERS, SEATS_EACH), {
      maxSeatsPerSubject: 20,
    });
    const traffic = new Traffic(event, balancer.url);
    await traffic.start();
    const startedAt = performance.now();
    try {
      await sleep(PHASE_MS);
      await replace(first, now);
      // Two versions of servers, the worker of the one before, then of this one.
      await traffic.pause();
      await inAgreement(event.id, running(), traffic.sold);
      traffic.resume();
      now.addWorker();
      await sleep(PHASE_MS / 2);
      await before.workers[0]?.kill('SIGTERM');
      expect(await before.workers[0]?.ended).toBe(0);
      await replace(second, now);
      // The new version is not liked: back to the one before, which finds what this one left.
      const [third] = now.nodes;
      if (third === undefined) throw new Error('no node of this version');
      await replace(third, before);
      before.addWorker();
      await sleep(PHASE_MS);
      await traffic.pause();
      await inAgreement(event.id, running(), traffic.sold);
      traffic.resume();
      await sleep(PHASE_MS / 2);
    } finally {
      await traffic.stop();
    }
    await inAgreement(event.id, running(), traffic.sold);
    for (const client of traffic.clients) client.close();
    expect(traffic.failures).toEqual([]);
    expect(new Set(traffic.sold).size).toBe(traffic.sold.length);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    reportRow({
      row: 27,
      what: `nodes and worker of ${earlier.commit} beside this version, replaced one by one under ${BUYERS} buyers, and one back`,
      ran: `${traffic.calls} calls in ${seconds} s, ${traffic.sold.length} sales`,
      result: `0 errors for good (${traffic.retried} calls sent again), drift 0, maps of both versions equal`,
    });
  },
);
