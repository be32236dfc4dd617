import { describe, expect, test } from 'vitest';
import { createEventSchema, holdCommandSchema } from '@aisle/client/protocol';
import type { z } from 'zod';
import { lifecycle, stepsFrom } from '../../server/src/domain/event.js';
import { faultsOf } from '../../server/src/domain/faults.js';

const faults = (schema: z.ZodType, value: unknown): Record<string, string> => {
  const { error } = schema.safeParse(value);
  return Object.fromEntries(faultsOf(error ?? { issues: [] }).map(({ path, message }) => [path, message]));
};

describe('faults of a request say what to send', () => {
  test('what is missing, and how a time is written', () => {
    const event = { startsAt: '2031-05-01 19:30', currency: 'EUR', prices: {}, chart: {} };
    expect(faults(createEventSchema, event)).toMatchObject({
      name: 'missing',
      startsAt: 'not a time such as 2031-05-01T19:30:00Z',
    });
  });

  test('where there are two forms, both', () => {
    expect(faults(holdCommandSchema, { eventId: 'evt_1', seats: [7] })).toEqual({
      'seats.0': 'Invalid input: expected string, received number; or Invalid input: expected object, received number',
    });
  });

  test('§11 the steps told are those that work', () => {
    for (const status of ['draft', 'published', 'on_sale', 'paused', 'closed', 'cancelled'] as const)
      for (const step of stepsFrom(status)) expect(lifecycle(status, step).kind).toBe('move');
    expect(stepsFrom('closed')).toEqual(['cancel']);
    expect(stepsFrom('cancelled')).toEqual([]);
  });
});
