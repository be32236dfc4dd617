import {
  blockSchema,
  createEventSchema,
  createSessionSchema,
  handshakeSchema,
  listEventsSchema,
  patchEventSchema,
  UP,
  type UpName,
} from '@aisle/client/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';

const TOKEN = 'spring-gala.Zm9vYmFyYmF6cXV4';
/** One right payload a client event, with every optional field. */
const RIGHT: { readonly [N in UpName]: Record<string, unknown> } = {
  subscribe: { eventId: 'spring-gala', epoch: 1, seq: 20 },
  unsubscribe: { eventId: 'spring-gala' },
  hold: {
    eventId: 'spring-gala',
    seats: ['A-1', { id: 'A-2', ticketType: 'child' }],
    areas: [{ id: 'floor', quantity: 2, ticketType: 'adult' }],
    holdToken: TOKEN,
    fromBlock: false,
    requestId: 'r-1',
    onBehalfOf: 'buyer-7',
  },
  'hold-best': {
    eventId: 'spring-gala',
    quantity: 2,
    categories: ['A'],
    sections: ['stalls'],
    accessible: false,
    adjacent: 'required',
    requestId: 'r-1',
    onBehalfOf: 'buyer-7',
  },
  extend: { eventId: 'spring-gala', holdToken: TOKEN, requestId: 'r-1', onBehalfOf: 'buyer-7' },
  release: {
    eventId: 'spring-gala',
    holdToken: TOKEN,
    seats: ['A-1'],
    areas: [{ id: 'floor', quantity: 1 }],
    requestId: 'r-1',
    onBehalfOf: 'buyer-7',
  },
  reserve: {
    eventId: 'spring-gala',
    holdToken: TOKEN,
    buyer: { name: 'A. Buyer', email: 'a@example.org', phone: '+49 30 1' },
    totalMinor: 5000,
    requestId: 'r-1',
    onBehalfOf: 'buyer-7',
  },
  holds: { eventId: 'spring-gala', onBehalfOf: 'buyer-7' },
  authenticate: { token: 'eyJ…' },
};
const NAMES = Object.keys(UP) as UpName[];
const schemaOf = (name: UpName): z.ZodType => UP[name];
const refused = (schema: z.ZodType, payload: unknown): string[] => {
  const parsed = schema.safeParse(payload);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
};

describe('P2 what clients send is read strictly', () => {
  test.each(NAMES)('P2 %s: the right payload is taken as it is', (name) => {
    expect(schemaOf(name).parse(RIGHT[name])).toEqual(RIGHT[name]);
  });

  test.each(NAMES)('P2 %s: an unknown field is refused', (name) => {
    expect(schemaOf(name).safeParse({ ...RIGHT[name], extra: 1 }).success).toBe(false);
    expect(
      schemaOf(name).safeParse(JSON.parse(`{"constructor": {}, ${JSON.stringify(RIGHT[name]).slice(1)}`)).success,
    ).toBe(false);
  });

  test.each(NAMES)('P2 %s: each field of a wrong type is refused, and the fault has its path', (name) => {
    for (const field of Object.keys(RIGHT[name])) {
      for (const [kind, wrong] of Object.entries({
        object: { a: 1 },
        symbol: Symbol.iterator,
        NaN: Number.NaN,
        nested: [[]],
        null: null,
      })) {
        const paths = refused(schemaOf(name), { ...RIGHT[name], [field]: wrong });
        expect(paths.length, `${name}.${field} = ${kind}`).toBeGreaterThan(0);
        expect(paths.every((path) => path === field || path.startsWith(`${field}.`))).toBe(true);
      }
    }
  });

  test.each(NAMES)('P2 %s: any JSON at all is taken or refused, never thrown at', (name) => {
    const fields = fc.dictionary(fc.constantFrom(...Object.keys(RIGHT[name]), '__proto__', 'toString'), fc.jsonValue());
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fields), (payload) => {
        const parsed = schemaOf(name).safeParse(payload);
        if (parsed.success)
          expect(Object.keys(parsed.data as object).every((field) => field in RIGHT[name])).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  const hold = (change: Record<string, unknown>): string[] => refused(UP.hold, { eventId: 'spring-gala', ...change });
  test.each([
    ['quantity 0', { areas: [{ id: 'floor', quantity: 0 }] }, 'areas.0.quantity'],
    ['a negative quantity', { areas: [{ id: 'floor', quantity: -1 }] }, 'areas.0.quantity'],
    ['half a place', { areas: [{ id: 'floor', quantity: 1.5 }] }, 'areas.0.quantity'],
    ['an infinite quantity', { areas: [{ id: 'floor', quantity: Infinity }] }, 'areas.0.quantity'],
    ['an empty seat id', { seats: ['A-1', ''] }, 'seats.1'],
    ['a seat id that is a number', { seats: [7] }, 'seats.0'],
    ['an endless seat id', { seats: ['x'.repeat(129)] }, 'seats.0'],
    ['an event id that could leave its key', { eventId: 'a}:b' }, 'eventId'],
    ['a subject that could leave its key', { onBehalfOf: 'a:b' }, 'onBehalfOf'],
    ['a request id past 64 characters', { requestId: 'r'.repeat(65) }, 'requestId'],
    ['a request id with a line break', { requestId: 'a\nb' }, 'requestId'],
    ['a token of another shape', { holdToken: 'no-dot' }, 'holdToken'],
    [
      'more seats than any role may name',
      { seats: Array.from({ length: 10_001 }, (_, i) => `s-${String(i)}`) },
      'seats',
    ],
  ])('P2 hold: %s is refused at %o', (_what, change, path) => {
    expect(hold(change)).toContain(path);
  });

  test('P2 over HTTP too: unknown fields and wrong bounds are refused', () => {
    for (const schema of [createSessionSchema, createEventSchema, patchEventSchema, listEventsSchema, blockSchema])
      expect(schema.safeParse({ nobodyKnowsThis: true }).success).toBe(false);
    expect(refused(createSessionSchema, { role: 'root' })).toEqual(['role']);
    expect(refused(createSessionSchema, { ttlSeconds: 59 })).toEqual(['ttlSeconds']);
    expect(refused(listEventsSchema, { limit: '1001' })).toEqual(['limit']);
    expect(listEventsSchema.parse({ limit: '5' })).toEqual({ limit: 5 });
    expect(refused(patchEventSchema, { name: 'Without a version' })).toEqual(['version']);
  });

  // A handshake comes from clients of any age: what they say beyond it must not keep them out.
  test('P2 the handshake alone overlooks what it does not know', () => {
    expect(handshakeSchema.parse({ token: null, protocol: 1, client: 'shop/1.0', invented: true })).toEqual({
      token: null,
      protocol: 1,
      client: 'shop/1.0',
    });
    expect(handshakeSchema.safeParse({ protocol: '1' }).success).toBe(false);
  });
});
