import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Hold, Order, Session } from '@aisle/client/protocol';
import { signedHeaders } from '../../sandbox/src/webhooks.js';
import { adminCall } from '../helpers/buyers.js';
import { pick } from '../helpers/random.js';
import { Clocks, NOTICED_MS } from './support/clocks.js';
import type { Planned } from './support/mishaps.js';
import { watchOverdue, type Overdue } from './support/overdue.js';
import { reportRow } from './support/report.js';
import { runSchedule, type ScheduleReport } from './support/run-schedule.js';
import { times } from './support/scale.js';
import { World } from './support/world.js';

/*
 * Row 22. Clocks of servers and workers five minutes ahead of each other, behind each other, and jumping while buyers hold, buy and
 * let lapse; then Redis's own. Wall clocks alone: nobody's monotonic clock is touched, and Postgres's never is.
 */
const JUMP_S = 300;
const SCHEDULES = times(1, 3);
const OVERDUE_MS = 5000;

/** Issued ten minutes ago: a server five minutes behind refuses what it takes for a token from the future, as SPEC A2 says. */
vi.mock(import('../helpers/buyers.js'), async (original) => ({
  ...(await original()),
  buyerToken: (subject, secret) => {
    const nowS = Math.floor(Date.now() / 1000);
    const claims = new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(subject);
    return claims
      .setIssuedAt(nowS - 2 * JUMP_S)
      .setExpirationTime(nowS + 3600)
      .sign(new TextEncoder().encode(secret));
  },
}));

const shopToken = (issuedS: number, expiresS: number): Promise<string> => {
  const nowS = Math.floor(Date.now() / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('bob')
    .setIssuedAt(nowS + issuedS)
    .setExpirationTime(nowS + expiresS)
    .sign(new TextEncoder().encode(world.aisle.authSecret));
};

let clocks: Clocks;
let world: World;
let eventId = '';
beforeAll(async () => {
  clocks = new Clocks();
  world = await World.start({ servers: 3, workers: 2, redisEnv: clocks.env('redis') });
  for (const [i, member] of world.members.entries()) {
    clocks.turn(member.name, [JUMP_S, -JUMP_S, 0, JUMP_S, -JUMP_S][i] ?? 0);
    await member.restart(clocks.env(member.name));
  }
}, 240_000);
afterAll(async () => {
  await world.stop();
  clocks.remove();
});

const at = (atMs: number, name: string, strike: Planned['mishap']['strike']): Planned => ({
  ...{ atMs, lastsMs: 0, dice: Math.random },
  mishap: { name, strike },
});
/** Remembers which event it is about. */
const begin = at(0, 'looks begin', async (_world, id) => {
  eventId = id;
  return '';
});
/** One process's clock, whichever way it was, another way. */
const jump = (atMs: number, whose: 'servers' | 'workers'): Planned =>
  at(atMs, 'clock of', async (there, _id, _ms, dice) => {
    const { name } = pick(dice, there[whose]);
    const offsetS = pick(
      dice,
      [-JUMP_S, 0, JUMP_S].filter((offset) => offset !== clocks.offsetS(name)),
    );
    clocks.turn(name, offsetS);
    return `${name} now ${offsetS} s off`;
  });

function expectHeld(report: ScheduleReport, overdue: Overdue, orderWithinMs = OVERDUE_MS): void {
  expect(report.violations, report.mishaps.join('\n')).toEqual([]);
  expect(overdue.holdMs).toBeLessThan(OVERDUE_MS);
  expect(overdue.orderMs).toBeLessThan(orderWithinMs);
  expect(report.completed).toBeGreaterThan(0);
}

function tell(what: string, reports: readonly ScheduleReport[], overdue: Overdue): void {
  const sum = (of: (report: ScheduleReport) => number): number => reports.reduce((total, one) => total + of(one), 0);
  reportRow({
    row: 22,
    what,
    ran: `${reports.length} schedules, ${sum(({ operations }) => operations)} calls, ${sum(({ completed }) => completed)} sales`,
    result:
      `${sum(({ violations }) => violations.length)} violations; past its deadline a hold stood at most ` +
      `${overdue.holdMs} ms, an unpaid order ${overdue.orderMs} ms`,
  });
}

describe('row 22', () => {
  test('I1 I2 I3 I4 I5 I6 I7 clocks of servers and workers apart by ten minutes, and jumping', async () => {
    const watch = watchOverdue(world, () => eventId);
    const reports: ScheduleReport[] = [];
    for (let i = 0; i < SCHEDULES; i++) {
      const jumps = [600, 1800, 3000, 4200, 5400].map((ms, n) => jump(ms, n % 2 === 0 ? 'workers' : 'servers'));
      reports.push(await runSchedule(world, 2200 + i, [begin, ...jumps]));
    }
    const overdue = await watch.stop();
    for (const report of reports) expectHeld(report, overdue);
    tell('clocks of 3 servers and 2 workers 0, +5 and -5 min off, jumping', reports, overdue);
  }, 600_000);

  test('O2 H3 the worker that was ahead is gone: those behind do its work at once', async () => {
    const watch = watchOverdue(world, () => eventId);
    const [first, second] = world.workers;
    if (first === undefined || second === undefined) throw new Error('two workers');
    clocks.turn(first.name, JUMP_S);
    clocks.turn(second.name, -JUMP_S);
    await sleep(2 * NOTICED_MS);
    const gone = at(1500, 'killed', async () => {
      await first.process.kill();
      return first.name;
    });
    // Whose order nobody pays: its end is a job of the worker, and a job has its time from the worker before.
    const unpaid = at(2000, 'unpaid', async ({ aisle }) => {
      const seats = ['r5-10', 'r5-11'];
      const hold = await adminCall<Hold>(aisle, 'POST', '/inventory/holds', { eventId, seats });
      return (await adminCall<Order>(aisle, 'POST', '/orders', { eventId, holdToken: hold.token })).id;
    });
    const report = await runSchedule(world, 2250, [begin, gone, unpaid]);
    const overdue = await watch.stop();
    await first.restart(clocks.env(first.name));
    expectHeld(report, overdue);
    tell('the worker 5 min ahead killed, the other 5 min behind', [report], overdue);
  }, 300_000);

  test('A2 O4 what is told of time from outside: tokens and messages at servers five minutes ahead, behind and right', async () => {
    for (const [i, { name }] of world.servers.entries()) clocks.turn(name, [JUMP_S, -JUMP_S, 0][i] ?? 0);
    await sleep(2 * NOTICED_MS);
    const everywhere = <T>(ask: (url: string) => Promise<T>): Promise<T[]> =>
      Promise.all(world.servers.map(({ url }) => ask(url)));
    const statusWith = (token: string) => (url: string) =>
      fetch(`${url}/v1/orders`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
    // What Aisle itself gives out is good on every server, whichever made it.
    for (const { url } of world.servers) {
      const admin = { urls: [url], adminKey: world.adminKey };
      const { token } = await adminCall<Session>(admin, 'POST', '/sessions', { subject: 'ann' });
      expect(await everywhere(statusWith(token))).toEqual([200, 200, 200]);
    }
    // A shop's token is judged by the clock of the server: refused too early, never taken too late by more than it is behind.
    expect(await everywhere(statusWith(await shopToken(0, 3600)))).toEqual([200, 401, 200]);
    expect(await everywhere(statusWith(await shopToken(-600, 60)))).toEqual([401, 200, 200]);
    expect(await everywhere(statusWith(await shopToken(-1200, -JUMP_S - 60)))).toEqual([401, 401, 401]);
    // So is the age of the provider's message; whoever is refused is not paid less: the worker asks the provider itself.
    const raw = JSON.stringify({ id: 'evt_1', type: 'charge.succeeded', data: { id: 'sbx_ch_none', metadata: {} } });
    const headers = signedHeaders(world.sandboxSecret, 'evt_1', Math.floor(Date.now() / 1000) - 2, raw);
    const told = await everywhere((url) =>
      fetch(`${url}/v1/payments/sandbox/webhook`, { method: 'POST', headers, body: raw }).then(({ status }) => status),
    );
    expect(told).toEqual([400, 200, 200]);
  }, 60_000);

  test('I1 I2 I4 I5 I6 the clock of Redis jumps forward, back, and forward again', async () => {
    const watch = watchOverdue(world, () => eventId);
    const turn = (atMs: number, offsetS: number): Planned =>
      at(atMs, 'clock of Redis', async (there) => {
        // Forward, holds lapse at once and their buyers are told so: as if they had been lost.
        const from = performance.now();
        clocks.turn('redis', offsetS);
        await sleep(NOTICED_MS);
        there.lost(from);
        return `now ${offsetS} s off`;
      });
    const report = await runSchedule(world, 2260, [
      begin,
      turn(800, JUMP_S),
      turn(2400, 0),
      turn(3800, -JUMP_S),
      // Last of all ahead of whatever it said before, or holds of that time would stay for minutes.
      turn(5200, 2 * JUMP_S),
    ]);
    const overdue = await watch.stop();
    // Orders end by Postgres's clock; but who waits at Redis for the next job waits longer where its clock went back.
    expectHeld(report, overdue, 2 * OVERDUE_MS);
    tell('clock of Redis +5 min, back, -5 min, +10 min', [report], overdue);
  }, 300_000);
});
