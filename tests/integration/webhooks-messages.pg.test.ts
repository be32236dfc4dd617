import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { transaction } from '../../server/src/db/client.js';
import { transition } from '../../server/src/db/events/events.js';
import { addToOutbox } from '../../server/src/db/log/outbox.js';
import {
  changeEndpoint,
  deleteEndpoint,
  rotateSecret,
  type WebhookEndpoint,
} from '../../server/src/db/webhooks/endpoints.js';
import { takeOutbox } from '../../server/src/db/webhooks/messages.js';
import { configureFailpoints } from '../../server/src/platform/failpoint.js';
import { startReceiver, verifies, type WebhookReceiver } from '../helpers/webhook-receiver.js';
import { waitFor } from '../helpers/wait.js';
import { arrived, entry, startWebhookWorld, type WebhookWorld } from './support/webhook-world.js';

let world: WebhookWorld;
let receiver: WebhookReceiver;
const endpoints: WebhookEndpoint[] = [];
beforeAll(async () => {
  world = await startWebhookWorld();
  world.dispatcher();
});
afterAll(() => world.stop());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  configureFailpoints(undefined);
  for (const { id } of endpoints.splice(0)) await deleteEndpoint(world.sql, id);
  await receiver.close();
});
const listen: WebhookWorld['endpoint'] = async (url, changes) => {
  const endpoint = await world.endpoint(url, changes);
  endpoints.push(endpoint);
  return endpoint;
};
/** An event whose own making is told already. */
const quietEvent = async (): Promise<string> => {
  const eventId = await world.event();
  await waitFor(async () => (await outboxWaiting()) === 0, { what: 'the outbox to be taken' });
  return eventId;
};
const secretOf = ({ secrets }: WebhookEndpoint): string => secrets[0]?.secret ?? '';
const outboxWaiting = async (): Promise<number> =>
  (await world.sql`SELECT 1 FROM outbox WHERE taken_at IS NULL`).length;

describe('W1 what a message says', () => {
  test('W1 a change of seats names event, epoch, seq and places by the chart, and nobody', async () => {
    const eventId = await quietEvent();
    const endpoint = await listen(receiver.url);
    await world.persist(eventId, [
      entry(1, [0, 3], { holdHash: 'a'.repeat(40), extra: { expiresAt: Date.UTC(2031, 0, 1) } }),
      entry(2, [], {
        kind: 'block',
        extra: { label: 'for the mayor', reason: 'Jane Doe' },
        areas: [{ areaNo: 0, catNo: 1, from: 'a', to: 'b', quantity: 7 }],
      }),
      entry(3, [0], { kind: 'sell', extra: { orderId: 'ord_12345678' } }),
    ]);
    await arrived(() => receiver.all.length, 3);
    const [hold, block, sell] = [...receiver.all].sort((a, b) => Number(a.body.data.seq) - Number(b.body.data.seq));
    expect(hold?.body).toEqual({
      type: 'hold.placed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      data: {
        ...{ eventId, epoch: 1, seq: 1, hold: 'a'.repeat(40), expiresAt: '2031-01-01T00:00:00.000Z' },
        seats: [
          { id: 'r0-0', seatNo: 0, from: 'a', to: 'h' },
          { id: 'r0-3', seatNo: 3, from: 'a', to: 'h' },
        ],
        areas: [],
      },
    });
    expect(block?.body).toMatchObject({
      type: 'seats.blocked',
      data: { seats: [], areas: [{ id: 'floor', areaNo: 0, from: 'a', to: 'b', quantity: 7 }] },
    });
    expect(sell?.body).toMatchObject({ type: 'seats.sold', data: { orderId: 'ord_12345678' } });
    const sent = receiver.all.map(({ raw }) => raw).join('\n');
    for (const secret of ['buyer-4711', 'mayor', 'Jane']) expect(sent).not.toContain(secret);
    expect(receiver.all.every((one) => verifies(one, secretOf(endpoint)))).toBe(true);
    expect(hold?.id).toBe(`msg_${eventId}_1_1`);
  });

  test('W1 a change of more than 200 places comes in parts', async () => {
    const eventId = await quietEvent();
    await listen(receiver.url);
    await world.persist(eventId, [
      entry(
        1,
        Array.from({ length: 450 }, (_, i) => i),
        { kind: 'block' },
      ),
    ]);
    await arrived(() => receiver.all.length, 3);
    const parts = receiver.all.map(({ id, body }) => [id, body.data.part, body.data.parts, body.data.seats?.length]);
    expect(parts.sort()).toEqual([
      [`msg_${eventId}_1_1_1`, 1, 3, 200],
      [`msg_${eventId}_1_1_2`, 2, 3, 200],
      [`msg_${eventId}_1_1_3`, 3, 3, 50],
    ]);
  });

  test('W1 W3 steps and changes of an event are told, with the version', async () => {
    await listen(receiver.url, { types: ['event.*'] });
    const eventId = await world.event();
    await transition(world.sql, eventId, 'pause', { actor: 'somebody' });
    await arrived(() => receiver.all.length, 4);
    expect(receiver.all.map(({ body }) => [body.type, body.data])).toEqual([
      ['event.created', { eventId, version: 1 }],
      ['event.published', { eventId, version: 2, from: 'draft', to: 'published' }],
      ['event.opened', { eventId, version: 3, from: 'published', to: 'on_sale' }],
      ['event.paused', { eventId, version: 4, from: 'on_sale', to: 'paused' }],
    ]);
  });
});

describe('W2 signatures', () => {
  test('W2 while a secret is rotated both sign; the old one stops at its time', async () => {
    const endpoint = await listen(receiver.url);
    const rotated = await transaction(world.sql, (tx) => rotateSecret(tx, endpoint.id, 3_600_000, world.clock.now()));
    const [fresh, old] = rotated?.secrets.map(({ secret }) => secret) ?? [];
    expect(old).toBe(secretOf(endpoint));
    // The worker knows within a second.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await world.tell({ type: 'order.created', eventId: 'e', orderId: 'ord_aaaaaaaa', data: { version: 1 } });
    await arrived(() => receiver.all.length, 1);
    const first = receiver.all[0]!;
    expect(String(first.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect([verifies(first, fresh ?? ''), verifies(first, old ?? '')]).toEqual([true, true]);
    expect(verifies({ ...first, raw: `${first.raw} ` }, fresh ?? '')).toBe(false);
    world.clock.advance(2 * 3_600_000);
    await world.tell({ type: 'order.completed', eventId: 'e', orderId: 'ord_aaaaaaaa', data: { version: 2 } });
    await arrived(() => receiver.all.length, 2);
    expect(String(receiver.all[1]?.headers['webhook-signature']).split(' ')).toHaveLength(1);
    world.clock.advance(-2 * 3_600_000);
  });
});

describe('W3 none is lost, none is told of what never happened', () => {
  test('W3 entries persisted twice are told once', async () => {
    const eventId = await quietEvent();
    const endpoint = await listen(receiver.url);
    await world.persist(eventId, [entry(1, [1]), entry(2, [2])]);
    await world.persist(eventId, [entry(1, [1]), entry(2, [2]), entry(3, [3])]);
    await arrived(() => receiver.all.length, 3);
    expect(await world.deliveries(endpoint.id)).toHaveLength(3);
  });

  test('W3 a batch that is rolled back is told when it is written, not before', async () => {
    const eventId = await quietEvent();
    const endpoint = await listen(receiver.url);
    configureFailpoints('persist-before-commit=error');
    await expect(world.persist(eventId, [entry(1, [1])])).rejects.toThrow('failpoint');
    expect(await world.deliveries(endpoint.id)).toEqual([]);
    configureFailpoints(undefined);
    await world.persist(eventId, [entry(1, [1])]);
    await arrived(() => receiver.all.length, 1);
  });

  test('W3 an outbox row of a transaction that failed is never told', async () => {
    const endpoint = await listen(receiver.url);
    const failing = transaction(world.sql, async (tx) => {
      await addToOutbox(tx, [{ type: 'order.completed', eventId: 'e', orderId: 'ord_bbbbbbbb', data: {} }]);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await world.tell({ type: 'order.created', eventId: 'e', orderId: 'ord_bbbbbbbb', data: {} });
    await arrived(() => receiver.all.length, 1);
    expect((await world.deliveries(endpoint.id)).map(({ type }) => type)).toEqual(['order.created']);
  });

  test('W3 rows whose ids were given before others committed are told all the same', async () => {
    await listen(receiver.url);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = transaction(world.sql, async (tx) => {
      await addToOutbox(tx, [{ type: 'order.created', eventId: 'e', orderId: 'ord_slow0000', data: {} }]);
      await held;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.tell({ type: 'order.created', eventId: 'e', orderId: 'ord_fast0000', data: {} });
    await arrived(() => receiver.all.length, 1);
    release();
    await slow;
    await arrived(() => receiver.all.length, 2);
    expect(receiver.all.map(({ body }) => body.data.orderId)).toEqual(['ord_fast0000', 'ord_slow0000']);
  });

  test('W3 an endpoint gets what is changed after it was made; none is kept where nobody listens', async () => {
    const eventId = await quietEvent();
    await world.persist(eventId, [entry(1, [1])]);
    const kept = await world.sql`SELECT 1 FROM webhook_messages WHERE event_id = ${eventId}`;
    expect(kept).toHaveLength(0);
    await listen(receiver.url);
    await world.persist(eventId, [entry(2, [1])]);
    await arrived(() => receiver.all.length, 1);
    expect(receiver.all.map(({ body }) => body.data.seq)).toEqual([2]);
  });

  test('W3 filters: exact types, all of a kind, events; a disabled endpoint is kept nothing', async () => {
    const [one, other] = [await quietEvent(), await quietEvent()];
    const sold = await listen(`${receiver.url}/sold`, { types: ['seats.sold', 'event.*'], events: [one] });
    const off = await listen(`${receiver.url}/off`);
    await changeEndpoint(world.sql, off.id, { status: 'disabled', disabledReason: 'asked' });
    for (const eventId of [one, other]) await world.persist(eventId, [entry(1, [1]), entry(2, [1], { kind: 'sell' })]);
    await transition(world.sql, one, 'pause', { actor: 'x' });
    await transition(world.sql, other, 'pause', { actor: 'x' });
    await arrived(() => receiver.all.length, 2);
    await waitFor(async () => (await outboxWaiting()) === 0);
    expect((await world.deliveries(sold.id)).map(({ type, eventId }) => [type, eventId]).sort()).toEqual([
      ['event.paused', one],
      ['seats.sold', one],
    ]);
    expect(await world.deliveries(off.id)).toEqual([]);
  });

  test('W3 W4 the outbox is taken by one worker at a time, in order', async () => {
    const endpoint = await listen(receiver.url);
    for (let version = 1; version <= 30; version++)
      await world.tell({ type: 'order.exchanged', eventId: 'e', orderId: 'ord_cccccccc', data: { version } });
    await Promise.all(Array.from({ length: 4 }, () => takeOutbox(world.sql)));
    await arrived(() => receiver.all.length, 30);
    expect(receiver.all.map(({ body }) => body.data.version)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(await world.deliveries(endpoint.id)).toHaveLength(30);
  });

  test('W3 an endpoint deleted while a drain writes stops no drain', async () => {
    const eventId = await quietEvent();
    const gone = await world.endpoint(receiver.url);
    let seq = 0;
    const draining = (async () => {
      for (let i = 0; i < 20; i++) await world.persist(eventId, [entry(++seq, [i % 10])]);
    })();
    await deleteEndpoint(world.sql, gone.id);
    await draining;
    expect(await world.deliveries(gone.id)).toEqual([]);
  });
});
