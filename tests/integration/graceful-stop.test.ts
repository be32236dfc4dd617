import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type AisleClient, type SeatMap } from '@aisle/client';
import { afterEach, describe, expect, test } from 'vitest';
import type { TestNode } from '../helpers/aisle.js';
import { startBalancer, type Balancer } from '../helpers/balancer.js';
import { Buyer, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';

/** A server that is asked to stop, with clients on it: they go on elsewhere, and nothing that was under way is lost. */

const CLIENTS = 200;
const SEATS = 1000;
const DRAIN_MS = 4000;
const system = useSystem({ nodes: 1, workers: 1, env: { AISLE_DRAIN_MS: String(DRAIN_MS) } });

let balancer: Balancer | undefined;
const clients: AisleClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await balancer?.stop();
  balancer = undefined;
});

const openOn = async ({ url }: TestNode): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^aisle_connections\{[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0);
};
const stop = async (node: TestNode): Promise<{ exit: number | NodeJS.Signals; ms: number }> => {
  const startedAt = performance.now();
  await node.kill('SIGTERM');
  return { exit: await node.ended, ms: Math.round(performance.now() - startedAt) };
};

interface Load {
  readonly failures: string[];
  done: number;
  stop: () => Promise<void>;
}
/** Each client holds a seat of its own and lets it go, again and again. */
function load(eventId: string, of: readonly AisleClient[]): Load {
  let going = true;
  const result: Load = { failures: [], done: 0, stop: () => Promise.resolve() };
  const lane = async (client: AisleClient, index: number): Promise<void> => {
    const seat = `r${Math.floor(index / 100)}-${index % 100}`;
    while (going) {
      try {
        const { hold } = await client.hold({ eventId, seats: [seat] });
        result.done++;
        await sleep(20);
        await client.release({ eventId, holdToken: hold.token });
        result.done++;
      } catch (error) {
        result.failures.push(String(error));
      }
      await sleep(800 + 400 * Math.random());
    }
  };
  const lanes = of.map(lane);
  result.stop = async () => {
    going = false;
    await Promise.all(lanes);
  };
  return result;
}

describe('N2 N3 a server asked to stop', () => {
  test(
    `${CLIENTS} clients under load go on elsewhere: no command lost, no error, all maps equal`,
    { timeout: 90_000 },
    async () => {
      const [a] = system.aisle.nodes;
      if (a === undefined) throw new Error('no node');
      const event = await sellEvent(system.aisle, plainChart(SEATS / 100, 100));
      balancer = await startBalancer([a.url]);
      const maps: SeatMap[] = [];
      for (let n = 0; n < CLIENTS; n++) {
        const token = await buyerToken(`buyer-${n}`, system.aisle.authSecret);
        const client = createClient({ url: balancer.url, getToken: () => token });
        clients.push(client);
        maps.push(client.watch(event.id));
      }
      await Promise.all(maps.map((map) => map.whenReady()));
      expect(await openOn(a)).toBe(CLIENTS);
      const waits: string[] = [];
      for (const client of clients)
        client.on('connection', (state) => void (state.state === 'waiting' && waits.push(state.error.message)));
      const b = await system.aisle.addNode();
      balancer.use([a.url, b.url]);
      const running = load(event.id, clients);
      await sleep(500);
      const { exit, ms } = await stop(a);
      expect(exit, a.logs().slice(-2000)).toBe(0);
      expect(ms).toBeLessThan(DRAIN_MS + 2000);
      const moved = performance.now();
      await waitFor(() => clients.every((client) => client.connection.state === 'ready'), {
        what: 'all connected',
        timeoutMs: 10_000,
      });
      expect(await openOn(b)).toBe(CLIENTS);
      const afterMs = Math.round(performance.now() - moved);
      await sleep(300);
      await running.stop();
      expect(running.failures).toEqual([]);
      expect(running.done).toBeGreaterThan(CLIENTS * 2);
      const truth = await redisLetters(system.redis, event.id);
      expect(truth).toBe('a'.repeat(SEATS));
      await waitFor(() => maps.every((map) => !map.stale && lettersOf(map) === truth), { what: 'equal maps' });
      // They went because they were asked; one that a busy machine kept from it was cut, and came back by itself.
      const asked = waits.filter((why) => why.includes('asked to connect anew')).length;
      expect(asked).toBeGreaterThan(CLIENTS * 0.8);
      process.stdout.write(
        `N3: ${CLIENTS} clients moved, ${asked} of them when asked, ${running.done} commands, stopped in ${ms} ms, all on the other ${afterMs} ms after its end, tries ${waits.length}\n`,
      );
    },
  );

  test('N2 without sockets it ends at once', { timeout: 30_000 }, async () => {
    const { exit, ms } = await stop(await system.aisle.addNode());
    expect(exit).toBe(0);
    expect(ms).toBeLessThan(1500);
  });

  test(
    'N2 clients that know nothing of it are cut within its time; requests under way are answered',
    { timeout: 30_000 },
    async () => {
      const node = await system.aisle.addNode();
      const buyers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => Buyer.connect(node.url, `old-${n}`, system.aisle.authSecret)),
      );
      const notices: unknown[] = [];
      const cuts: string[] = [];
      for (const { socket } of buyers) {
        socket.on('notice', (notice: unknown) => notices.push(notice));
        socket.on('disconnect', (reason) => cuts.push(reason));
      }
      // Half a request: the rest comes while the server is stopping.
      const slow = connect({ host: '127.0.0.1', port: node.port });
      let answer = '';
      slow
        .setEncoding('utf8')
        .on('data', (text: string) => (answer += text))
        .on('error', () => undefined);
      slow.write(
        'POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{',
      );
      await sleep(200);
      const stopping = stop(node);
      const readyz = (): Promise<Response> => fetch(`${node.url}/readyz`);
      await waitFor(async () => (await readyz()).status === 503, { what: 'not ready' });
      expect(await (await readyz()).json()).toEqual({ status: 'unavailable', reasons: ['draining'] });
      expect((await fetch(`${node.url}/healthz`)).status).toBe(200);
      // Behind a balancer it listens on, and tells whoever comes to go elsewhere.
      await expect(Buyer.connect(node.url, 'late', system.aisle.authSecret)).rejects.toMatchObject({
        data: { code: 'UNAVAILABLE', retryable: true },
      });
      await waitFor(() => cuts.length > 10, { what: 'the first cuts' });
      slow.write('}');
      const { exit, ms } = await stopping;
      expect(exit).toBe(0);
      expect(ms).toBeLessThan(DRAIN_MS + 3500);
      await waitFor(() => cuts.length === 20);
      expect(notices).toEqual(
        Array.from({ length: 20 }, () => expect.objectContaining({ code: 'RECONNECT' }) as unknown),
      );
      // Not "io server disconnect": that one would tell a client to stay away.
      expect(new Set(cuts)).toEqual(new Set(['transport close']));
      expect(answer).toMatch(/^HTTP\/1\.1 201/);
    },
  );

  test('N2 the Node engine does the same', { timeout: 30_000 }, async () => {
    const node = await system.aisle.addNode({ AISLE_ENGINE: 'node', AISLE_PROCESSES: '2' });
    const buyer = await Buyer.connect(node.url, 'one', system.aisle.authSecret);
    const gone = new Promise((resolve) => buyer.socket.once('disconnect', resolve));
    const stopping = stop(node);
    // Its port is shared: a sibling would take whoever comes now.
    await waitFor(
      () =>
        fetch(`${node.url}/healthz`).then(
          () => false,
          () => true,
        ),
      { what: 'a closed port' },
    );
    expect(await gone).toBe('transport close');
    expect((await stopping).exit).toBe(0);
  });
});
