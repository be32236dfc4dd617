import type { Redis } from 'ioredis';
import type { Sql } from '../../server/src/db/client.js';
import type { HoldInput, ReleaseInput } from '../../server/src/domain/ports/seat-store.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';

/** Changes made straight through the scripts, as fast as Redis takes them: what the nodes then fan out is the thing tested. */
export class Traffic {
  readonly store: RedisSeatStore;
  #made = 0;

  private constructor(
    readonly eventId: string,
    readonly epoch: number,
    private readonly categoryKeys: readonly string[],
    redis: Redis,
    luaFolder?: URL,
  ) {
    this.store = new RedisSeatStore({
      redis,
      isReady: () => true,
      epochOf: () => Promise.resolve(epoch),
      ...(luaFolder === undefined ? {} : { luaFolder }),
    });
  }

  static async open(
    redis: Redis,
    sql: Sql,
    eventId: string,
    categoryKeys: readonly string[],
    luaFolder?: URL,
  ): Promise<Traffic> {
    const rows = await sql<{ epoch: number }[]>`SELECT epoch FROM events WHERE id = ${eventId}`;
    return new Traffic(eventId, rows[0]?.epoch ?? 0, categoryKeys, redis, luaFolder);
  }

  /** Answers the hold's token. holdMs 0: the event's. */
  async hold(seatNos: readonly number[], subject = 'traffic', holdMs = 0): Promise<string> {
    const newToken = `${this.eventId}.traffic${this.#made}`;
    const input: HoldInput = {
      ...this.#common(subject),
      seats: seatNos.map((seatNo) => ({ seatNo, catNo: 0 })),
      areas: [],
      newToken,
      fromBlock: false,
      limits: { maxPlaces: 1_000_000, holdMs, maxHoldMs: holdMs },
      categoryKeys: this.categoryKeys,
    };
    const outcome = await this.store.hold(input);
    if (!outcome.ok) throw new Error(`hold refused: ${JSON.stringify(outcome.refusal)}`);
    return newToken;
  }

  async release(token: string, subject = 'traffic'): Promise<void> {
    const input: ReleaseInput = { ...this.#common(subject), token, seats: [], areas: [] };
    const outcome = await this.store.release(input);
    if (!outcome.ok) throw new Error(`release refused: ${JSON.stringify(outcome.refusal)}`);
  }

  /** `count` changes: seats of `pool` held and released in turn, `parallel` at once. */
  async changes(count: number, pool: readonly number[], parallel = 50): Promise<void> {
    let left = count;
    const lane = async (seatNo: number): Promise<void> => {
      while (left > 0) {
        left--;
        const token = await this.hold([seatNo], `lane${seatNo}`);
        if (left <= 0) return;
        left--;
        await this.release(token, `lane${seatNo}`);
      }
    };
    await Promise.all(pool.slice(0, parallel).map(lane));
  }

  #common(subject: string) {
    const requestId = `t${this.#made++}`;
    return {
      eventId: this.eventId,
      epoch: this.epoch,
      chartVersion: 1,
      subject,
      actor: subject,
      staff: false,
      requestId,
      fingerprint: requestId,
    };
  }
}
