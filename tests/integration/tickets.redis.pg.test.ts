import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScanAnswer, SeatEvent, TicketKeySet, TicketsLink, WireError } from '@aisle/client/protocol';
import { systemClock } from '../../server/src/platform/clock.js';
import { createTickets, type Tickets } from '../../server/src/tickets/index.js';
import { projectRoot } from '../helpers/project-root.js';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { sellOrder, type SoldOrder } from './support/sold-order.js';
import { silent } from './support/store-world.js';

let world: HttpWorld;
let event: SeatEvent;
let other: SeatEvent;
/** The gates of another node, on the same database. */
let elsewhere: HttpWorld;
let elsewhereTickets: Tickets;

beforeAll(async () => {
  world = await startHttpWorld();
  elsewhereTickets = newNode();
  elsewhere = world.with({ tickets: elsewhereTickets });
  [event, other] = [await world.draft(), await world.draft()];
});
afterAll(async () => {
  elsewhereTickets?.close();
  await world?.stop();
});

const newNode = (): Tickets => createTickets({ sql: world.store.sql, clock: systemClock, logger: silent });
let places = 0;
const sell = (options: Partial<Parameters<typeof sellOrder>[1]> = {}): Promise<SoldOrder> => {
  const placeNo = places++;
  return sellOrder(world.store.sql, {
    eventId: event.id,
    places: [{ kind: 'seat', placeNo, placeId: `S${placeNo}` }],
    ...options,
  });
};
const codeOf = async (order: SoldOrder): Promise<string> => {
  await world.deps.tickets.codes.publicKeys();
  return world.deps.tickets.codes.codeOf({ id: order.tickets[0]?.id ?? '', eventId: order.eventId });
};
const token = async (role: string, events?: string[]): Promise<string> =>
  (
    (await world.call('POST', '/v1/sessions', { body: { role, subject: `${role}-1`, ...(events ? { events } : {}) } }))
      .body as { token: string }
  ).token;
const scan = (body: unknown, options: { token?: string; key?: string; at?: HttpWorld } = {}): Promise<Answer> =>
  (options.at ?? world).call('POST', '/v1/tickets/scan', {
    body,
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.key === undefined ? {} : { headers: { 'idempotency-key': options.key } }),
  });
/** Without the white space between tags. */
const squeezed = (answer: Answer): string => String(answer.body).replace(/>\s+/g, '>').replace(/\s+</g, '<');
const errorOf = (answer: Answer): WireError => (answer.body as { error: WireError }).error;

describe('T3 the gate', () => {
  test('T3 admits a ticket once, says so to the second with when and where, and tells the outbox', async () => {
    const order = await sell();
    const code = await codeOf(order);
    const first = await scan({ code, gate: 'North 1' });
    expect(first.status).toBe(200);
    const answer = first.body as ScanAnswer;
    expect(answer).toMatchObject({ admitted: true, eventId: event.id });
    expect(answer.ticket).toMatchObject({ id: order.tickets[0]?.id, code, status: 'scanned', category: 'A' });

    const second = await scan({ code, gate: 'South 2' }, { at: elsewhere });
    expect(second.status).toBe(409);
    expect(errorOf(second)).toMatchObject({
      code: 'ALREADY_SCANNED',
      details: { ticketId: order.tickets[0]?.id, gate: 'North 1', scannedAt: answer.ticket.scannedAt },
    });
    const told = await world.store.sql`SELECT type, event_id, data FROM outbox WHERE order_id = ${order.id}`;
    expect(told).toEqual([
      {
        type: 'ticket.scanned',
        event_id: event.id,
        data: {
          ticketId: order.tickets[0]?.id,
          seat: order.tickets[0]?.placeId,
          gate: 'North 1',
          scannedAt: answer.ticket.scannedAt,
        },
      },
    ]);
  });

  test('T3 two gates at once, 200 tickets: each admits once, the other learns when', async () => {
    for (let round = 0; round < 200; round += 1) {
      const code = await codeOf(await sell({ places: [{ kind: 'area', placeNo: 0, placeId: 'floor' }] }));
      const answers = await Promise.all([scan({ code, gate: 'one' }), scan({ code, gate: 'two' }, { at: elsewhere })]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const [refused] = answers.filter(({ status }) => status === 409);
      expect(refused === undefined ? undefined : errorOf(refused).code).toBe('ALREADY_SCANNED');
    }
    const rows = await world.store.sql<{ tickets: number; told: number }[]>`
      SELECT count(DISTINCT data ->> 'ticketId') AS tickets, count(*) AS told FROM outbox
      WHERE type = 'ticket.scanned' AND data ->> 'area' = 'floor'`;
    expect(rows[0]).toEqual({ tickets: 200, told: 200 });
  }, 60_000);

  test('T3 I6 the same gate that asks again with its request id is admitted again, not refused', async () => {
    const code = await codeOf(await sell());
    const first = await scan({ code, gate: 'North' }, { key: 'scan-1' });
    const again = await scan({ code, gate: 'North' }, { key: 'scan-1', at: elsewhere });
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    // The same words from another subject are another request.
    expect(refusal(await scan({ code, gate: 'North' }, { key: 'scan-1', token: await token('box_office') }))).toEqual({
      status: 409,
      code: 'ALREADY_SCANNED',
    });
  });

  test('T3 I6 a request id used for another ticket or gate is IDEMPOTENCY_MISMATCH and admits nobody', async () => {
    const [code, second] = [await codeOf(await sell()), await codeOf(await sell())];
    expect((await scan({ code, gate: 'North' }, { key: 'scan-2' })).status).toBe(200);
    const mismatch = { status: 409, code: 'IDEMPOTENCY_MISMATCH' };
    expect(refusal(await scan({ code: second, gate: 'North' }, { key: 'scan-2' }))).toEqual(mismatch);
    expect(refusal(await scan({ code, gate: 'South' }, { key: 'scan-2' }))).toEqual(mismatch);
    expect((await scan({ code: second })).status).toBe(200);
  });

  test('T4 a cancelled ticket is ORDER_STATE_CONFLICT with its status', async () => {
    const order = await sell();
    await world.store.sql`UPDATE tickets SET status = 'cancelled', cancelled_at = now() WHERE order_id = ${order.id}`;
    const answer = await scan({ code: await codeOf(order) });
    expect(answer.status).toBe(409);
    expect(errorOf(answer)).toMatchObject({
      code: 'ORDER_STATE_CONFLICT',
      message: 'This ticket was cancelled.',
      details: { status: 'cancelled', orderId: order.id },
    });
  });

  test('T4 forged, tampered, of an unknown key, of no ticket: TICKET_NOT_FOUND', async () => {
    const order = await sell();
    const code = await codeOf(order);
    const unknown = world.deps.tickets.codes.codeOf({ id: 'tkt_notInTheTable00', eventId: event.id });
    const tampered = code.replace(order.eventId, other.id);
    for (const wrong of [
      'nonsense',
      'AT1.kkkk.tttttttt.e.s',
      tampered,
      code.slice(0, -1),
      code.toUpperCase(),
      unknown,
    ]) {
      expect([wrong, refusal(await scan({ code: wrong }))]).toEqual([wrong, { status: 404, code: 'TICKET_NOT_FOUND' }]);
    }
    expect((await scan({ code })).status).toBe(200);
  });

  test('T4 a ticket of another event than the gate’s is refused naming the field, and is not used up', async () => {
    const code = await codeOf(await sell());
    expect(refusal(await scan({ code, eventId: other.id }))).toEqual({
      status: 400,
      code: 'INVALID_REQUEST',
      paths: ['eventId'],
    });
    const kiosk = await token('kiosk', [other.id]);
    expect(refusal(await scan({ code }, { token: kiosk }))).toEqual({ status: 403, code: 'FORBIDDEN' });
    expect((await scan({ code, eventId: event.id }, { token: await token('kiosk', [event.id]) })).status).toBe(200);
  });

  test('T3 is for kiosks and staff', async () => {
    const code = await codeOf(await sell());
    expect(refusal(await scan({ code }, { token: await token('customer') }))).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect(refusal(await world.call('POST', '/v1/tickets/scan', { token: null, body: { code } }))).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
    expect((await scan({ code }, { token: await token('kiosk') })).status).toBe(200);
  });
});

describe('T2 the keys', () => {
  const fetchKeys = async (): Promise<TicketKeySet['keys']> => {
    const answer = await world.call('GET', '/v1/tickets/keys', { token: null });
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    return (answer.body as TicketKeySet).keys;
  };

  test('T2 many nodes that start at once on an empty database make one key', async () => {
    await world.store.sql`DELETE FROM ticket_keys`;
    const nodes = Array.from({ length: 8 }, newNode);
    const kids = await Promise.all(nodes.map(async (node) => (await node.codes.publicKeys()).map(({ kid }) => kid)));
    nodes.forEach((node) => node.close());
    expect(new Set(kids.flat()).size).toBe(1);
    elsewhereTickets.close();
    elsewhereTickets = newNode();
    elsewhere = world.with({ tickets: elsewhereTickets });
    await world.deps.tickets.codes.read(`AT1.anew.tttttttt.e.${'A'.repeat(86)}`);
  });

  test('T2 a new key signs, what the one before signed is still admitted, on nodes that have not heard of it too', async () => {
    const [before, after] = [await sell(), await sell()];
    const oldCode = await codeOf(before);
    await elsewhereTickets.codes.publicKeys();
    const made = await world.call('POST', '/v1/tickets/keys', {});
    expect(made.status).toBe(201);
    const { kid } = made.body as { kid: string };
    const newCode = await codeOf(after);
    expect(newCode.split('.')[1]).toBe(kid);
    expect(oldCode.split('.')[1]).not.toBe(kid);
    expect((await fetchKeys()).map((key) => key.kid)).toEqual([kid, oldCode.split('.')[1]]);
    const again = (key: string): Promise<Answer> =>
      world.call('POST', '/v1/tickets/keys', { headers: { 'idempotency-key': key } });
    expect((await again('rotate-1')).body).toEqual((await again('rotate-1')).body);
    for (const code of [oldCode, newCode]) expect((await scan({ code }, { at: elsewhere })).status).toBe(200);
  });

  test('T2 a withdrawn key verifies no more and its private half is gone; the one that signs cannot be', async () => {
    const order = await sell();
    const code = await codeOf(order);
    const [signing] = await fetchKeys();
    const retire = (kid = ''): Promise<Answer> => world.call('POST', `/v1/tickets/keys/${kid}/retire`, {});
    expect(refusal(await retire(signing?.kid))).toEqual({ status: 400, code: 'INVALID_REQUEST' });
    expect(refusal(await retire('unknown'))).toEqual({ status: 400, code: 'INVALID_REQUEST' });
    await world.call('POST', '/v1/tickets/keys', {});
    expect((await retire(signing?.kid)).status).toBe(200);
    expect((await retire(signing?.kid)).status).toBe(200);
    expect(refusal(await scan({ code }))).toEqual({ status: 404, code: 'TICKET_NOT_FOUND' });
    const rows = await world.store.sql`SELECT private_key FROM ticket_keys WHERE kid = ${signing?.kid ?? ''}`;
    expect(rows).toEqual([{ private_key: null }]);
    expect((await scan({ code: await codeOf(order) })).status).toBe(200);
  });

  test('T2 only admins make and withdraw keys; no answer holds a private half', async () => {
    const service = await token('service');
    expect(refusal(await world.call('POST', '/v1/tickets/keys', { token: service })).status).toBe(403);
    expect(JSON.stringify(await fetchKeys())).not.toContain('"d"');
  });

  test('T1 docs/TICKETS.md: its program verifies with the public keys alone, by the letter as printed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aisle-verify-'));
    try {
      const printed =
        /```js\n([\s\S]*?)```/.exec(readFileSync(join(projectRoot, 'docs/TICKETS.md'), 'utf8'))?.[1] ?? '';
      writeFileSync(join(folder, 'verify-ticket.mjs'), printed);
      const keys = await (await world.fetch('/v1/tickets/keys')).text();
      writeFileSync(join(folder, 'ticket-keys.json'), keys);
      const order = await sell();
      const code = await codeOf(order);
      const verify = async (text: string): Promise<string> => {
        const program = promisify(execFile)(process.execPath, ['verify-ticket.mjs', text], { cwd: folder });
        return (await program.catch((error: unknown) => error as { stdout: string })).stdout.trim();
      };
      expect(await verify(code)).toBe(`genuine: ticket ${order.tickets[0]?.id ?? ''} of event ${event.id}`);
      for (const forged of [
        code.replace(event.id, other.id),
        `${code.slice(0, -4)}AAAA`,
        'AT1',
        '',
        code.replace('AT1', 'AT2'),
      ]) {
        expect([forged, await verify(forged)]).toEqual([forged, 'not genuine']);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('T5 the page to print', () => {
  const link = async (order: SoldOrder, options: { token?: string; body?: unknown } = {}): Promise<Answer> =>
    world.call('POST', `/v1/orders/${order.id}/tickets/link`, options);
  const open = (url: string): Promise<Answer> =>
    world.call('GET', url, { token: null, headers: { accept: 'text/html' } });

  test('T5 a link opens the page of its order in a browser: nothing is kept, nothing loads, nothing runs', async () => {
    const order = await sell();
    const { url, expiresAt } = (await link(order)).body as TicketsLink;
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(895_000);
    const page = await open(url);
    expect(page.status).toBe(200);
    expect(page.body).toContain(await codeOf(order));
    const headers = Object.fromEntries(page.headers);
    expect(headers).toMatchObject({
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(page.body).not.toMatch(/<script|javascript:|\son\w+=|https?:\/\/(?!www\.w3\.org)/i);
  });

  test('T5 another order’s link, a changed or expired one, a session token: 401, for a person as a page', async () => {
    const [order, foreign] = [await sell(), await sell()];
    const { url } = (await link(order)).body as TicketsLink;
    const access = url.split('access=')[1] ?? '';
    const wrong = [
      `/v1/orders/${foreign.id}/tickets?access=${access}`,
      `${url.slice(0, -3)}AAA`,
      `/v1/orders/${order.id}/tickets?access=nonsense`,
      `/v1/orders/${order.id}/tickets?access=`,
      `/v1/orders/${order.id}/tickets?access=${await world.guest()}`,
    ];
    for (const address of wrong) {
      const answer = await open(address);
      expect([address, answer.status]).toEqual([address, 401]);
      expect(answer.body).toContain('This link does not open any tickets');
      expect(answer.body).not.toContain(event.name);
    }
    const program = await world.call('GET', wrong[0] ?? '', { token: null });
    expect(refusal(program)).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
  });

  test('T5 a link is over when its time is', async () => {
    let now = Date.now();
    const tickets = createTickets({ sql: world.store.sql, clock: () => now, logger: silent });
    try {
      await tickets.codes.publicKeys();
      const { access, expiresAt } = await tickets.links.mint('ord_12345678', 30);
      now = expiresAt.getTime() - 1;
      await tickets.links.check(access, 'ord_12345678');
      now = expiresAt.getTime();
      await expect(tickets.links.check(access, 'ord_12345678')).rejects.toMatchObject({
        message: 'The link has expired.',
      });
    } finally {
      tickets.close();
    }
  });

  test('T5 page and link are for the buyer and staff; to others the order does not exist', async () => {
    const mine = await token('customer');
    const order = await sell({ subject: 'customer-1' });
    const foreign = await sell({ subject: 'customer-2' });
    expect((await link(order, { token: mine })).status).toBe(201);
    expect((await world.call('GET', `/v1/orders/${order.id}/tickets`, { token: mine })).status).toBe(200);
    const notFound = { status: 404, code: 'ORDER_NOT_FOUND' };
    expect(refusal(await link(foreign, { token: mine }))).toEqual(notFound);
    expect(refusal(await world.call('GET', `/v1/orders/${foreign.id}/tickets`, { token: mine }))).toEqual(notFound);
    expect(refusal(await world.call('GET', '/v1/orders/ord_notThere1/tickets'))).toEqual(notFound);
    expect(refusal(await world.call('GET', `/v1/orders/${order.id}/tickets`, { token: null })).status).toBe(401);
    expect((await link(foreign, { token: await token('box_office') })).status).toBe(201);
    expect(refusal(await link(order, { token: await token('box_office', [other.id]) }))).toEqual(notFound);
    expect(refusal(await link(order, { body: { ttlSeconds: 3601 } }))).toMatchObject({ paths: ['ttlSeconds'] });
  });

  test('T5 says event, place, date in the event’s timezone, seat, category, type, price, order; escapes all of it', async () => {
    const hostile = await world.draft({
      name: '<script>alert(1)</script> & "Ice"',
      venue: '<img src=x onerror=alert(2)>',
      timezone: 'America/New_York',
      startsAt: '2031-05-02T00:30:00Z',
      prices: { A: { ticketTypes: [{ key: 'full', label: "Full '<b>' price", minor: 4500 }] }, GA: 1000 },
    });
    const { seats, areas } = (await world.deps.directory.get(hostile.id)).chart.chart;
    const [seat, area] = [seats[7], areas[0]];
    const order = await sell({
      eventId: hostile.id,
      ticketType: 'full',
      places: [
        { kind: 'seat', placeNo: 7, placeId: seat?.id ?? '' },
        { kind: 'area', placeNo: 0, placeId: area?.id ?? '' },
      ],
    });
    const page = squeezed(await world.call('GET', `/v1/orders/${order.id}/tickets`));
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Ice&quot;');
    expect(page).not.toMatch(/<script|<img|<b>/);
    // 00:30 UTC on 2 May is the evening before in New York.
    expect(page).toMatch(/Thursday,? 1 May 2031 at 20:30 (GMT-4|EDT)/);
    expect(page).toContain(`<dt>Row</dt><dd>${seat?.row ?? '?'}</dd>`);
    expect(page).toContain(`<dt>Seat</dt><dd>${seat?.number ?? '?'}</dd>`);
    expect(page).toContain(`<dt>Area</dt><dd>${area?.label ?? '?'}</dd>`);
    expect(page).toContain('<dt>Price</dt><dd>€45.00</dd>');
    expect(page).toContain('Full &#39;&lt;b&gt;&#39; price');
    expect(page).toContain(order.id);
  });

  test('T5 a cancelled ticket has no code; an unpaid order says that it is not paid', async () => {
    const order = await sell();
    const code = await codeOf(order);
    await world.store.sql`UPDATE tickets SET status = 'cancelled', cancelled_at = now() WHERE order_id = ${order.id}`;
    const page = (await world.call('GET', `/v1/orders/${order.id}/tickets`)).body as string;
    expect(page).not.toContain(code);
    expect(page).not.toContain('<svg');
    expect(page).toContain('Cancelled');
    const pending = await sell({ status: 'pending', places: [] });
    expect((await world.call('GET', `/v1/orders/${pending.id}/tickets`)).body).toContain('not paid yet');
  });
});
