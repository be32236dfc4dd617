import type { Redis } from 'ioredis';
import { keys, LAYOUT_VERSION } from '../../server/src/redis/keys.js';

export interface SeedEvent {
  eventId: string;
  epoch?: number;
  categoryKeys: string[];
  /** catNo of each seat. */
  seatCategory: number[];
  areas?: { catNo: number; capacity: number }[];
  holdMs?: number;
  maxHoldMs?: number;
  maxPlaces?: number;
  logLimit?: number;
  status?: string;
}

/** Puts an all-free event into Redis the way a load leaves it: for tests of the scripts alone. */
export async function seedEvent(redis: Redis, seed: SeedEvent): Promise<void> {
  const { eventId, categoryKeys, seatCategory } = seed;
  const areas = seed.areas ?? [];
  const pipeline = redis.pipeline();
  pipeline.set(keys.map(eventId), 'a'.repeat(seatCategory.length));
  areas.forEach((area, areaNo) =>
    pipeline.hset(keys.area(eventId, areaNo), { capacity: area.capacity, held: 0, reserved: 0, sold: 0, blocked: 0 }),
  );
  categoryKeys.forEach((key, catNo) => {
    const total =
      seatCategory.filter((cat) => cat === catNo).length +
      areas.filter((area) => area.catNo === catNo).reduce((sum, area) => sum + area.capacity, 0);
    pipeline.hset(keys.inventory(eventId, key), { total, sold: 0, pending: 0, available: total, version: 0 });
  });
  pipeline.hset(keys.event(eventId), {
    status: seed.status ?? 'on_sale',
    version: 1,
    epoch: seed.epoch ?? 1,
    seq: 0,
    chartVersion: 1,
    layoutVersion: LAYOUT_VERSION,
    seats: seatCategory.length,
    areas: areas.length,
    categories: JSON.stringify(categoryKeys),
    holdMs: seed.holdMs ?? 300_000,
    maxHoldMs: seed.maxHoldMs ?? 900_000,
    maxPlaces: seed.maxPlaces ?? 10,
    logLimit: seed.logLimit ?? 1_000_000,
  });
  await pipeline.exec();
}
