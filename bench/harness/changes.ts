import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import type { Stack } from './stack.js';

/** Changes made straight through the scripts, past the server: what it does with them is the thing measured. */
export class Changes {
  readonly store: RedisSeatStore;
  #made = 0;

  private constructor(
    stack: Stack,
    readonly eventId: string,
    readonly epoch: number,
  ) {
    const epochOf = (): Promise<number> => Promise.resolve(epoch);
    this.store = new RedisSeatStore({ redis: stack.redis, isReady: () => true, epochOf });
  }

  static async of(stack: Stack, eventId: string): Promise<Changes> {
    const rows = await stack.sql<{ epoch: number }[]>`SELECT epoch FROM events WHERE id = ${eventId}`;
    return new Changes(stack, eventId, rows[0]?.epoch ?? 0);
  }

  /** Holds one seat; its own subject each time, so that no cap is met. */
  async hold(seatNo: number): Promise<{ seq: number; token: string; subject: string }> {
    const token = `${this.eventId}.bench${this.#made}`;
    const subject = `bench-${this.#made}`;
    const outcome = await this.store.hold({
      ...this.#common(subject),
      seats: [{ seatNo, catNo: 0 }],
      areas: [],
      newToken: token,
      fromBlock: false,
      limits: { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 },
      categoryKeys: ['A'],
    });
    if (!outcome.ok) throw new Error(`hold refused: ${JSON.stringify(outcome.refusal)}`);
    return { seq: outcome.seq, token, subject };
  }

  async release({ token, subject }: { token: string; subject: string }): Promise<{ seq: number }> {
    const outcome = await this.store.release({ ...this.#common(subject), token, seats: [], areas: [] });
    if (!outcome.ok) throw new Error(`release refused: ${JSON.stringify(outcome.refusal)}`);
    return { seq: outcome.seq };
  }

  #common(subject: string) {
    const requestId = `bench-${this.#made++}`;
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
