import type { Hold } from '@aisle/client/protocol';
import { describe, expect, test } from 'vitest';
import { buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { redisLetters } from '../helpers/truth.js';
import { sleep } from '../helpers/wait.js';

/* No worker, and nobody watches, so no node sweeps either: time alone frees a seat for the next buyer. H2. */
const system = useSystem({ nodes: 1, workers: 0 });

async function holdByRest(subject: string, body: object): Promise<{ status: number; hold: Hold }> {
  const response = await fetch(`${system.aisle.urls[0] ?? ''}/v1/inventory/holds`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await buyerToken(subject, system.aisle.authSecret)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, hold: (await response.json()) as Hold };
}

describe('worker and sweepers stopped', () => {
  test(
    'H2: a lapsed hold can be taken by the next buyer, seats and places of an area',
    { timeout: 60_000 },
    async () => {
      const chart = plainChart(1, 4, [{ id: 'floor', capacity: 3 }]);
      const { id } = await sellEvent(system.aisle, chart, { holdSeconds: 5, maxHoldSeconds: 5 });
      const wish = { eventId: id, seats: ['r0-1', 'r0-2'], areas: [{ id: 'floor', quantity: 3 }] };
      const ann = await holdByRest('ann', wish);
      expect(ann.status).toBe(201);
      expect((await holdByRest('bob', wish)).status).toBe(409);
      await sleep(ann.hold.expiresInMs + 1000);
      // Nobody has swept: Redis still says held.
      expect(await redisLetters(system.redis, id)).toBe('ahha');
      const bob = await holdByRest('bob', wish);
      expect(bob.status).toBe(201);
      expect(bob.hold.subject).toBe('bob');
      expect(bob.hold.areas).toEqual([{ id: 'floor', quantity: 3 }]);
      expect(await redisLetters(system.redis, id)).toBe('ahha');
    },
  );
});
