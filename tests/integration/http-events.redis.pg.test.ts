import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AisleError, eventSchema, type SeatEvent } from '@aisle/client/protocol';
import { plainChart } from '../helpers/buyers.js';
import { eventBody, refusal, startHttpWorld, testChart, type HttpWorld } from './support/http-world.js';

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
});
afterAll(() => world.stop());

const step = (id: string, name: string) => world.call('POST', `/v1/events/${id}/${name}`);
const statusOf = (body: unknown) => (body as SeatEvent).status;

describe('creating', () => {
  test('a draft, version 1, with its defaults', async () => {
    const { status, body, headers } = await world.call('POST', '/v1/events', { body: eventBody() });
    expect(status).toBe(201);
    const event = eventSchema.parse(body);
    expect(event).toMatchObject({
      ...{ status: 'draft', version: 1, chartVersion: 1, timezone: 'UTC', publicStates: 'full' },
      ...{ holdSeconds: 300, maxHoldSeconds: 900, reserveSeconds: 900, maxSeatsPerSubject: 10 },
      startsAt: '2031-05-01T19:30:00.000Z',
    });
    expect(headers.get('location')).toBe(`/v1/events/${event.id}`);
    expect((await world.call('GET', `/v1/events/${event.id}`)).body).toEqual(event);
  });

  test('times come back in UTC whatever zone they came in', async () => {
    const event = await world.draft({ startsAt: '2031-05-01T21:30:00+02:00', timezone: 'Europe/Vienna' });
    expect(event).toMatchObject({ startsAt: '2031-05-01T19:30:00.000Z', timezone: 'Europe/Vienna' });
  });

  test('A1 is for admins', async () => {
    expect(refusal(await world.call('POST', '/v1/events', { body: eventBody(), token: null }))).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
    const token = await world.guest();
    expect(refusal(await world.call('POST', '/v1/events', { body: eventBody(), token }))).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
  });

  test('S7 I6 the same Idempotency-Key: one event, the same answer; other content: a mismatch', async () => {
    const headers = { 'idempotency-key': 'create-1' };
    const [first, second] = await Promise.all([
      world.call('POST', '/v1/events', { body: eventBody(), headers }),
      world.call('POST', '/v1/events', { body: eventBody(), headers }),
    ]);
    expect(second.body).toEqual(first.body);
    const replays = [first, second].map((answer) => answer.headers.get('idempotent-replayed'));
    expect(replays.toSorted()).toEqual([null, 'true']);
    await step((first.body as SeatEvent).id, 'publish');
    expect((await world.call('POST', '/v1/events', { body: eventBody(), headers })).body).toEqual(first.body);
    const other = await world.call('POST', '/v1/events', { body: eventBody({ name: 'Other' }), headers });
    expect(refusal(other)).toEqual({ status: 409, code: 'IDEMPOTENCY_MISMATCH' });
  });

  test('an externalId belongs to one event', async () => {
    await world.draft({ externalId: 'shop-77' });
    const again = await world.call('POST', '/v1/events', { body: eventBody({ externalId: 'shop-77' }) });
    expect(refusal(again)).toEqual({ status: 400, code: 'INVALID_REQUEST', paths: ['externalId'] });
  });

  test('C2 the same chart is stored once', async () => {
    await Promise.all([world.draft(), world.draft()]);
    const [row] = await world.store.sql<{ n: number }[]>`
      SELECT count(*)::int AS n FROM charts WHERE hash IN (SELECT chart_hash FROM event_charts)`;
    const [hashes] = await world.store.sql<
      { n: number }[]
    >`SELECT count(DISTINCT chart_hash)::int AS n FROM event_charts`;
    expect(row?.n).toBe(hashes?.n);
  });
});

describe('seeing', () => {
  test('A5 drafts are there for admins alone, in lists and one by one', async () => {
    const draft = await world.draft({ name: 'Secret rehearsal' });
    for (const path of ['', '/chart', '/seats', '/inventory']) {
      const hidden = await world.call('GET', `/v1/events/${draft.id}${path}`, { token: null });
      expect(refusal(hidden), path).toEqual({ status: 404, code: 'EVENT_NOT_FOUND' });
    }
    const find = async (token: string | null) => {
      const { body } = await world.call('GET', '/v1/events?q=secret', token === null ? { token } : {});
      return (body as { items: SeatEvent[] }).items.map(({ id }) => id);
    };
    expect(await find('admin')).toEqual([draft.id]);
    expect(await find(null)).toEqual([]);
    expect((await world.call('GET', `/v1/events/${draft.id}/chart`)).status).toBe(200);
    expect(refusal(await world.call('GET', `/v1/events/${draft.id}/seats`))).toMatchObject({
      status: 409,
      code: 'EVENT_STATE_CONFLICT',
    });
  });

  test('P5 lists by start, page by page, each once', async () => {
    const made: string[] = [];
    for (const day of [3, 1, 2, 2, 5])
      made.push((await world.onSale({ name: 'Paged', startsAt: `2032-01-0${day}T20:00:00Z` })).id);
    const seen: SeatEvent[] = [];
    let cursor: string | undefined;
    do {
      const more = cursor === undefined ? '' : `&cursor=${cursor}`;
      const page = (await world.call('GET', `/v1/events?q=paged&status=on_sale&limit=2${more}`, { token: null }))
        .body as {
        items: SeatEvent[];
        nextCursor?: string;
      };
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen.map(({ id }) => id).toSorted()).toEqual(made.toSorted());
    expect(seen.map(({ startsAt }) => startsAt)).toEqual(seen.map(({ startsAt }) => startsAt).toSorted());
  });

  test('finds words in any order, without case and accents, and takes wildcards as they are', async () => {
    const { id } = await world.onSale({ name: 'Die Zauberflöte', venue: 'Zürich 100% Oper' });
    const find = async (q: string) => {
      const { body } = await world.call('GET', `/v1/events?q=${encodeURIComponent(q)}`, { token: null });
      return (body as { items: SeatEvent[] }).items.map((event) => event.id);
    };
    expect(await find('ZURICH zauberflote')).toEqual([id]);
    expect(await find('100%')).toEqual([id]);
    expect(await find('10_%')).toEqual([]);
    expect(await find('\\')).toEqual([]);
  });

  test('an unknown event is 404', async () => {
    for (const path of ['', '/chart', '/seats', '/inventory']) {
      expect(refusal(await world.call('GET', `/v1/events/evt_nowhere${path}`))).toEqual({
        status: 404,
        code: 'EVENT_NOT_FOUND',
      });
    }
  });
});

describe('changing', () => {
  const patch = (event: SeatEvent, body: object) =>
    world.call('PATCH', `/v1/events/${event.id}`, { body: { version: event.version, ...body } });

  test('V2 takes the version that was read; a stale one is a VERSION_CONFLICT that names the present one', async () => {
    const event = await world.draft({ description: 'old' });
    const changed = await patch(event, { name: 'New name', description: null });
    expect(changed.body).toMatchObject({ name: 'New name', version: 2 });
    expect(changed.body).not.toHaveProperty('description');
    const stale = await patch(event, { name: 'Late' });
    expect(refusal(stale)).toEqual({ status: 409, code: 'VERSION_CONFLICT' });
    expect(stale.body).toMatchObject({ error: { details: { version: 2 } } });
  });

  test('V2 of 20 at once with one version one wins', async () => {
    const event = await world.draft();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => patch(event, { name: `by ${i}` })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
  });

  test('what changes nothing is no new version', async () => {
    const event = await world.draft();
    const { startsAt, prices } = event;
    expect(
      (await patch(event, { startsAt: startsAt.replace('Z', '+00:00'), prices: { GA: prices.GA, A: prices.A } })).body,
    ).toEqual(event);
  });

  test('V3 chart and currency change in a draft alone; prices and limits any time', async () => {
    const event = await world.draft();
    const second = (await patch(event, { chart: plainChart(3, 3), prices: { A: 1 }, currency: 'CHF' }))
      .body as SeatEvent;
    expect(second).toMatchObject({ version: 2, chartVersion: 2, currency: 'CHF' });
    await step(event.id, 'publish');
    const published = (await world.call('GET', `/v1/events/${event.id}`)).body as SeatEvent;
    for (const body of [{ chart: testChart(), prices: { A: 1, GA: 1 } }, { currency: 'EUR' }]) {
      expect(refusal(await patch(published, body))).toMatchObject({ status: 409, code: 'EVENT_STATE_CONFLICT' });
    }
    const third = await patch(published, {
      prices: { A: 2 },
      maxSeatsPerSubject: 4,
      chart: plainChart(3, 3),
      currency: 'CHF',
    });
    expect(third.body).toMatchObject({ version: 4, chartVersion: 2, prices: { A: 2 }, maxSeatsPerSubject: 4 });
  });

  test('R4 limits reach Redis', async () => {
    const event = await world.onSale();
    await patch(event, { maxSeatsPerSubject: 1 });
    const token = await world.guest();
    const body = { eventId: event.id, seats: ['r0-0', 'r0-1'] };
    expect(refusal(await world.call('POST', '/v1/inventory/holds', { token, body }))).toMatchObject({
      status: 422,
      code: 'LIMIT_EXCEEDED',
    });
  });

  test('every version has its author', async () => {
    const event = await world.draft();
    await patch(event, { name: 'Second' });
    await step(event.id, 'publish');
    const rows = await world.store
      .sql`SELECT version, kind, actor, changes FROM event_changes WHERE event_id = ${event.id} ORDER BY version`;
    expect(rows).toEqual([
      { version: 1, kind: 'create', actor: 'admin', changes: {} },
      { version: 2, kind: 'patch', actor: 'admin', changes: { fields: ['name'] } },
      { version: 3, kind: 'publish', actor: 'admin', changes: { from: 'draft', to: 'published' } },
    ]);
  });
});

describe('V1 lifecycle', () => {
  const WAYS: Record<string, string[]> = {
    draft: [],
    published: ['publish'],
    on_sale: ['publish', 'open'],
    paused: ['publish', 'open', 'pause'],
    closed: ['publish', 'open', 'close'],
    cancelled: ['cancel'],
  };
  const LEGAL: Record<string, Record<string, string>> = {
    draft: { publish: 'published', cancel: 'cancelled' },
    published: { publish: 'published', open: 'on_sale', cancel: 'cancelled' },
    on_sale: { open: 'on_sale', pause: 'paused', close: 'closed', cancel: 'cancelled' },
    paused: { open: 'on_sale', pause: 'paused', close: 'closed', cancel: 'cancelled' },
    closed: { close: 'closed', cancel: 'cancelled' },
    cancelled: { cancel: 'cancelled' },
  };
  for (const [status, way] of Object.entries(WAYS)) {
    for (const name of ['publish', 'open', 'pause', 'close', 'cancel']) {
      const to = LEGAL[status]?.[name];
      test(`${name} of ${status}: ${to ?? '409'}`, async () => {
        const { id } = await world.draft();
        for (const one of way) expect((await step(id, one)).status).toBe(200);
        const answer = await step(id, name);
        if (to === undefined) {
          expect(refusal(answer)).toEqual({ status: 409, code: 'EVENT_STATE_CONFLICT' });
          expect(answer.body).toMatchObject({ error: { details: { status } } });
        } else {
          expect(answer.status).toBe(200);
          expect(statusOf(answer.body)).toBe(to);
          // Repeating a step is no new version.
          expect((await step(id, name)).body).toEqual(answer.body);
        }
      });
    }
  }

  test('R2 publish loads the event; a load that failed is tried again by repeating it', async () => {
    const { id } = await world.draft();
    let broken = true;
    const hooks = {
      ...world.deps.hooks,
      onPublished: async (eventId: string) => {
        if (broken) throw AisleError.of('UNAVAILABLE', { retryAfterMs: 1500 });
        await world.deps.hooks.onPublished(eventId);
      },
    };
    const faulty = world.with({ hooks });
    const first = await faulty.call('POST', `/v1/events/${id}/publish`);
    expect(refusal(first)).toEqual({ status: 503, code: 'UNAVAILABLE' });
    expect(first.headers.get('retry-after')).toBe('2');
    broken = false;
    expect((await faulty.call('POST', `/v1/events/${id}/publish`)).status).toBe(200);
    expect(await world.store.epochOf(id)).toBe(1);
    expect((await world.call('GET', `/v1/events/${id}/seats`)).body).toMatchObject({
      status: 'published',
      map: '10a',
      areas: [[20, 20]],
    });
  });

  test('cancel drops the holds', async () => {
    const { id } = await world.onSale();
    const token = await world.guest();
    const held = await world.call('POST', '/v1/inventory/holds', { token, body: { eventId: id, seats: ['r0-0'] } });
    expect(held.status).toBe(201);
    await step(id, 'cancel');
    expect(await world.store.store.allHolds(id, 0, 10)).toEqual([]);
  });

  test('steps of an unknown event are 404, by others than admins refused', async () => {
    expect(refusal(await step('evt_nowhere', 'publish'))).toEqual({ status: 404, code: 'EVENT_NOT_FOUND' });
    const { id } = await world.draft();
    const token = await world.guest();
    expect(refusal(await world.call('POST', `/v1/events/${id}/publish`, { token }))).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
  });
});
