import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { keys } from '../../server/src/redis/keys.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { connectBuyers, plainChart, sellEvent, type Buyer } from '../helpers/buyers.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { reportRow } from './support/report.js';
import { FULL, times } from './support/scale.js';

/*
 * Row 6: every command's first answer is lost, between Redis and the server or between the server and the buyer, after it took
 * effect; then the connections are reset. Whoever asks again under the same request id must find one effect and one answer.
 */
const COMMANDS = Number(process.env.FAULT_COMMANDS ?? times(100, 10_000));
const BUYERS = times(25, 100);
/** Two buyers want each seat. */
const SEATS = Math.ceil(BUYERS / 2);
const TIMEOUT_MS = FULL ? 1_800_000 : 120_000;

let server: TestRedis;
let toRedis: TcpProxy;
let toNode: TcpProxy;
let redis: Redis;
let sql: Sql;
let aisle: TestAisle;

beforeAll(async () => {
  server = await startRedis({ tcp: true });
  toRedis = await startTcpProxy({ host: '127.0.0.1', port: server.port });
  const env = { AISLE_TICK_MS: '20' };
  aisle = await startAisle({ redis: server, nodes: 0, workers: 1, env });
  const node = await aisle.addNode({ REDIS_URL: `redis://127.0.0.1:${toRedis.port}` });
  toNode = await startTcpProxy({ host: '127.0.0.1', port: node.port });
  redis = openCommandConnection(server.url);
  sql = openDatabase(aisle.databaseUrl, { max: 2 });
}, 60_000);
afterAll(async () => {
  redis.disconnect();
  await sql.end();
  await aisle.stop();
  await Promise.all([toNode.stop(), toRedis.stop()]);
  await server.stop();
});

/** One command of one buyer; the same request however often it is sent. */
interface Request {
  readonly name: 'hold' | 'release';
  readonly payload: { eventId: string; seats: string[]; holdToken?: string; requestId: string };
}
/** What must be the same whenever it is asked: whose token, which seats, or which refusal. */
type Answer = string;

async function send(buyer: Buyer, { name, payload }: Request, timeoutMs: number): Promise<Answer | null> {
  const { eventId, seats, holdToken = '', requestId } = payload;
  const ack =
    name === 'hold'
      ? await buyer.send('hold', { eventId, seats, requestId }, timeoutMs).catch(() => null)
      : await buyer.send('release', { eventId, holdToken, requestId }, timeoutMs).catch(() => null);
  if (ack === null) return null;
  if (ack.ok) return `ok ${ack.hold?.token ?? ''} ${ack.hold?.seats.join(' ') ?? ''}`;
  if (ack.error.retryable) return null;
  return `${ack.error.code} ${JSON.stringify(ack.error.details)}`;
}

async function untilAnswered(buyer: Buyer, request: Request): Promise<Answer> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await send(buyer, request, 5000);
    if (answer !== null) return answer;
    await sleep(20 + Math.random() * 60);
  }
  throw new Error(`${request.payload.requestId}: never answered`);
}

const seqOf = async (eventId: string): Promise<number> => Number(await redis.hget(keys.event(eventId), 'seq'));

interface Side {
  readonly where: string;
  connect(): Promise<Buyer[]>;
  readonly proxy: () => TcpProxy;
  /** After the reset: buyers that can speak again. */
  again(buyers: Buyer[]): Promise<Buyer[]>;
}
const connectVia = (port: number): Promise<Buyer[]> =>
  connectBuyers({ urls: [`http://127.0.0.1:${port}`], authSecret: aisle.authSecret }, BUYERS, 'lossy');
const SIDES: Side[] = [
  {
    where: 'between Redis and the server',
    connect: () => connectBuyers(aisle, BUYERS, 'lossy'),
    proxy: () => toRedis,
    again: (buyers) => Promise.resolve(buyers),
  },
  {
    where: 'between the server and the buyers',
    connect: () => connectVia(toNode.port),
    proxy: () => toNode,
    again: async (buyers) => {
      buyers.forEach((buyer) => buyer.close());
      return connectVia(toNode.port);
    },
  },
];

class Losses {
  readonly done = new Map<string, Answer>();
  /** Commands that had taken effect when the connection was reset, their answers swallowed. */
  lost = 0;
  /** First answers that came through after all: must be none. */
  heard = 0;
  #requests = 0;

  constructor(
    private readonly side: Side,
    private readonly eventId: string,
    private buyers: Buyer[],
  ) {}

  /** All at once; `effects` of them are to take effect, and no first answer arrives. */
  async round(requests: readonly (Request | null)[], effects: number): Promise<(Answer | null)[]> {
    const before = await seqOf(this.eventId);
    await this.#lose(requests, before + effects);
    const answers = await this.#ask(requests);
    expect(await seqOf(this.eventId)).toBe(before + effects);
    // And once more, all being well.
    expect(await this.#ask(requests)).toEqual(answers);
    requests.forEach((request, i) => {
      const answer = answers[i];
      if (request !== null && typeof answer === 'string') this.done.set(request.payload.requestId, answer);
    });
    return answers;
  }

  async #lose(requests: readonly (Request | null)[], until: number): Promise<void> {
    const proxy = this.side.proxy();
    const before = await seqOf(this.eventId);
    proxy.swallowReplies = true;
    requests.forEach((request, i) => {
      const buyer = this.buyers[i];
      if (request === null || buyer === undefined) return;
      void send(buyer, request, 5000).then((answer) => (this.heard += answer === null ? 0 : 1));
    });
    // The server gives up on a Redis that does not answer for 800 ms: what was not sent by then takes effect when asked again.
    const deadline = performance.now() + 750;
    while ((await seqOf(this.eventId)) < until && performance.now() < deadline) await sleep(2);
    this.lost += (await seqOf(this.eventId)) - before;
    proxy.cut();
    proxy.swallowReplies = false;
    this.buyers = await this.side.again(this.buyers);
  }

  async #ask(requests: readonly (Request | null)[]): Promise<(Answer | null)[]> {
    const answers = requests.map(async (request, i) => {
      const buyer = this.buyers[i];
      return request === null || buyer === undefined ? null : untilAnswered(buyer, request);
    });
    return Promise.all(answers);
  }

  /** Everyone holds, two for each seat, then who has one releases. */
  async holdAndRelease(ids: readonly string[]): Promise<void> {
    const holds = this.buyers.map((_, i) => this.#request('hold', [ids[i % SEATS] ?? '']));
    const answers = await this.round(holds, SEATS);
    const won = answers.map((answer) => (answer?.startsWith('ok ') === true ? answer.split(' ')[1] : undefined));
    expect(won.filter((token) => token !== undefined)).toHaveLength(SEATS);
    expect(answers.filter((answer) => answer?.startsWith('SEAT_UNAVAILABLE') === true)).toHaveLength(BUYERS - SEATS);
    await this.round(
      won.map((token) => (token === undefined ? null : this.#request('release', [], token))),
      SEATS,
    );
  }

  /** A Redis that does not know a script yet says so, and does nothing: that answer is not to be lost. */
  async scriptsKnown(seat: string): Promise<void> {
    const [buyer] = this.buyers;
    if (buyer === undefined) throw new Error('no buyers');
    const eventId = this.eventId;
    const ack = await buyer.send('hold', { eventId, seats: [seat] });
    if (!ack.ok) throw new Error(ack.error.code);
    await buyer.send('release', { eventId, holdToken: ack.hold.token });
  }

  close(): void {
    this.buyers.forEach((buyer) => buyer.close());
  }

  #request(name: Request['name'], seats: string[], holdToken?: string): Request {
    const requestId = `${name}-${this.#requests++}`;
    return {
      name,
      payload: { eventId: this.eventId, seats, requestId, ...(holdToken === undefined ? {} : { holdToken }) },
    };
  }
}

/** How many changes the log in Postgres has under each request id. */
async function effectsByRequest(eventId: string): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; effects: number }[]>`
    SELECT request_id AS id, count(DISTINCT (epoch, seq))::int AS effects FROM seat_log
    WHERE event_id = ${eventId} AND kind IN ('hold', 'release') GROUP BY request_id`;
  return new Map(rows.map(({ id, effects }) => [id, effects]));
}

describe('row 6: lost replies', () => {
  test.each(SIDES)(
    `I6, S7 row 6: ${COMMANDS} commands whose answer is lost $where: one effect each, the same answer whenever asked`,
    { timeout: TIMEOUT_MS },
    async (side) => {
      const began = performance.now();
      const chart = plainChart(1, SEATS);
      await waitFor(async () => (await fetch(`${aisle.urls[0] ?? ''}/readyz`)).ok, { what: 'the server' });
      const { id } = await sellEvent(aisle, chart);
      const losses = new Losses(side, id, await side.connect());
      await losses.scriptsKnown(chart.seats[0]?.id ?? '');
      while (losses.lost < COMMANDS) await losses.holdAndRelease(chart.seats.map((seat) => seat.id));
      losses.close();
      const accepted = [...losses.done].filter(([, answer]) => answer.startsWith('ok '));
      await waitFor(async () => (await effectsByRequest(id)).size >= accepted.length, {
        what: 'the log',
        timeoutMs: 60_000,
      });
      const effects = await effectsByRequest(id);
      expect(new Map(accepted.map(([request]) => [request, effects.get(request)]))).toEqual(
        new Map(accepted.map(([request]) => [request, 1])),
      );
      expect(losses.heard).toBe(0);
      const refused = [...losses.done].filter(([, answer]) => !answer.startsWith('ok '));
      expect(refused.filter(([request]) => effects.has(request))).toEqual([]);
      const seconds = Math.round((performance.now() - began) / 1000);
      const count = (of: number): string => of.toLocaleString('en');
      reportRow({
        row: 6,
        what: `replies swallowed, then the connections reset, ${side.where}`,
        ran: `${count(losses.lost)} commands whose answer was lost after they had taken effect, of ${count(losses.done.size)}`,
        result:
          `one effect each: ${count(accepted.length)} accepted, one change each in the log of Postgres; ` +
          `${count(losses.done.size - accepted.length)} refused, none; the same answer asked twice more; ${seconds} s`,
      });
    },
  );
});
