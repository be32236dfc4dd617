import { describe, expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { Traffic } from '../helpers/traffic.js';
import { loggedLetters, recount, redisLetters } from '../helpers/truth.js';
import { sleep, waitFor } from '../helpers/wait.js';

/* Holds end on time, all of them, everywhere. H1 to H4, I3. */
const system = useSystem({ nodes: 2, workers: 1 });

describe('holds lapse', () => {
  const HOLDS = 20_000;
  test(
    `H3 I3: ${HOLDS} holds due in the same second: all freed and broadcast, none later than 5 s`,
    { timeout: 180_000 },
    async () => {
      const { id } = await sellEvent(system.aisle, plainChart(200, HOLDS / 200));
      const traffic = await Traffic.open(system.redis, system.sql, id, ['A']);
      const { map, close } = await system.watch(system.aisle.urls[1] ?? '', id);

      const LANES = 100;
      const startedAt = Date.now();
      // All due within the second that begins here: spread over it as holds of a rush are.
      const dueAt = startedAt + 20_000;
      await Promise.all(
        Array.from({ length: LANES }, async (_, lane) => {
          for (let seatNo = lane; seatNo < HOLDS; seatNo += LANES) {
            await traffic.hold([seatNo], `s${seatNo}`, dueAt + (seatNo % 1000) - Date.now());
          }
        }),
      );
      expect(Date.now()).toBeLessThan(dueAt);
      await waitFor(() => lettersOf(map) === 'h'.repeat(HOLDS), {
        timeoutMs: 10_000,
        what: 'the full map',
      });
      await sleep(dueAt - Date.now());
      await waitFor(async () => (await redisLetters(system.redis, id)) === 'a'.repeat(HOLDS), {
        timeoutMs: 10_000,
        what: 'all seats free',
      });
      const freedAt = Date.now();
      await waitFor(() => lettersOf(map) === 'a'.repeat(HOLDS), {
        timeoutMs: 3000,
        what: 'the watching client’s map',
      });

      const runs = async () =>
        system.sql<{ released: number; errors: number; worst: number; by: string }[]>`
        SELECT sum(released)::int AS released, sum(errors)::int AS errors, max(worst_lateness_ms)::int AS worst, string_agg(DISTINCT swept_by, ', ') AS by
        FROM hold_cleanup_runs WHERE event_id = ${id}`;
      await waitFor(async () => (await runs())[0]?.released === HOLDS, { timeoutMs: 10_000, what: 'HoldCleanupRuns' });
      const [sum] = await runs();
      process.stdout.write(
        `lapse: ${HOLDS} holds in one second, worst lateness ${sum?.worst} ms, last seen free ${freedAt - dueAt - 1000} ms after the second, swept by ${sum?.by}\n`,
      );
      expect(sum?.errors).toBe(0);
      // The rule of I3. How far below it a quiet machine stays (goal: 1 s) is the printed figure's to say.
      expect(sum?.worst).toBeLessThan(5000);
      const { stored, counted } = await recount(system.redis, id, 'A');
      expect(stored).toEqual(counted);
      expect(await system.redis.zcard(keys.holdsIndex(id))).toBe(0);
      await waitFor(async () => (await loggedLetters(system.sql, id, HOLDS)) === 'a'.repeat(HOLDS), {
        timeoutMs: 30_000,
        intervalMs: 500,
        what: 'Postgres',
      });
      close();
    },
  );

  test(
    'H1 to H4 over sockets: the holder is told, extends up to the cap, and what lapses is on sale again',
    { timeout: 60_000 },
    async () => {
      const { id } = await sellEvent(system.aisle, plainChart(2, 5), { holdSeconds: 5, maxHoldSeconds: 7 });
      const [ann, bob] = await Promise.all([
        Buyer.connect(system.aisle.urls[0] ?? '', 'ann', system.aisle.authSecret),
        Buyer.connect(system.aisle.urls[1] ?? '', 'bob', system.aisle.authSecret),
      ]);
      const notes: unknown[] = [];
      ann.socket.on('hold', (note: unknown) => notes.push(note));
      await ann.send('subscribe', { eventId: id });
      const held = await ann.send('hold', { eventId: id, seats: ['r0-0', 'r0-1'] });
      if (!held.ok) throw new Error(held.error.code);
      expect(held.hold.expiresInMs).toBeGreaterThan(4000);
      await sleep(1500);
      const added = await ann.send('hold', { eventId: id, seats: ['r0-2'], holdToken: held.hold.token });
      if (!added.ok) throw new Error(added.error.code);
      expect(added.hold.expiresAt).toBe(held.hold.expiresAt);
      await sleep(1500);
      const extended = await ann.send('extend', { eventId: id, holdToken: held.hold.token });
      if (!extended.ok) throw new Error(extended.error.code);
      expect(extended.hold.expiresAt).toBe(held.hold.maxExpiresAt);
      const taken = await bob.send('hold', { eventId: id, seats: ['r0-1'] });
      expect(taken).toMatchObject({
        ok: false,
        error: { code: 'SEAT_UNAVAILABLE', details: { seats: ['r0-1'], states: ['h'] } },
      });
      await waitFor(() => notes.some((note) => (note as { kind: string }).kind === 'expired'), {
        timeoutMs: 8000,
        what: 'the word that it expired',
      });
      expect(await bob.send('hold', { eventId: id, seats: ['r0-0', 'r0-1', 'r0-2'] })).toMatchObject({ ok: true });
      expect(await ann.send('release', { eventId: id, holdToken: held.hold.token })).toMatchObject({
        ok: false,
        error: { code: 'HOLD_EXPIRED' },
      });
      expect(await ann.send('extend', { eventId: id, holdToken: held.hold.token })).toMatchObject({
        ok: false,
        error: { code: 'HOLD_EXPIRED' },
      });
      expect(notes).toContainEqual({ kind: 'changed', token: held.hold.token, eventId: id });
      ann.close();
      bob.close();
    },
  );

  test(
    'F6 a holder who watches nothing is told all the same, on a node where nobody else watches either',
    { timeout: 60_000 },
    async () => {
      const { id } = await sellEvent(system.aisle, plainChart(1, 5), { holdSeconds: 5, maxHoldSeconds: 5 });
      const ann = await Buyer.connect(system.aisle.urls[0] ?? '', 'unwatching', system.aisle.authSecret);
      const notes: unknown[] = [];
      ann.socket.on('hold', (note: unknown) => notes.push(note));
      const held = await ann.send('hold', { eventId: id, seats: ['r0-0'] });
      if (!held.ok) throw new Error(held.error.code);
      const expired = { kind: 'expired', token: held.hold.token, eventId: id };
      await waitFor(() => notes.some((note) => JSON.stringify(note) === JSON.stringify(expired)), {
        timeoutMs: 9000,
        what: 'the word that it expired',
      });
      ann.close();
    },
  );
});
