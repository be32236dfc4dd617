import { wireError, type ErrorCode, type ErrorExtras, type Hold, type HoldCommand } from '@aisle/client/protocol';
import type { Actor } from '../../server/src/domain/actor.js';
import type { Commands, CommandResult } from '../../server/src/domain/ports/commands.js';
import type { MemoryDirectory } from './memory-directory.js';
import type { MemorySeatStore } from './memory-seat-store.js';

const HOLD_MS = 300_000;

/** Just enough of the commands for tests of sockets: holds of seats in memory, no limits, no expiry, no areas. */
export class MemoryCommands implements Pick<Commands, 'hold' | 'release' | 'extend' | 'holds'> {
  readonly #holds = new Map<string, Hold>();
  /** Every call that got through to here. */
  readonly calls: { name: string; actor: Actor; payload: object }[] = [];

  constructor(
    private readonly store: MemorySeatStore,
    private readonly directory: MemoryDirectory,
  ) {}

  async hold(actor: Actor, payload: HoldCommand): Promise<CommandResult<{ hold: Hold }>> {
    this.calls.push({ name: 'hold', actor, payload });
    const { eventId } = payload;
    const live = await this.directory.get(eventId);
    const ids = (payload.seats ?? []).map((seat) => (typeof seat === 'string' ? seat : seat.id));
    if (ids.includes('throw')) throw new Error('planted');
    if (ids.includes('fail')) return { ...refused('INTERNAL', { message: 'planted' }), cause: new Error('planted') };
    const seatNos: number[] = [];
    for (const id of ids) {
      const seatNo = live.chart.seatNo(id);
      if (seatNo === undefined) return refused('UNKNOWN_SEAT', { details: { seats: [id] } });
      seatNos.push(seatNo);
    }
    const taken = seatNos.filter((seatNo) => this.store.letter(eventId, seatNo) !== 'a');
    if (taken.length > 0) return refused('SEAT_UNAVAILABLE', { details: { seats: taken.map((no) => `s${no}`) } });
    const position = this.store.change(eventId, { seats: seatNos.map((no) => [no, 'h']) });
    const expires = new Date(Date.now() + HOLD_MS).toISOString();
    const hold: Hold = {
      token: `${eventId}.${this.#holds.size}`,
      eventId,
      subject: actor.subject ?? '',
      state: 'held',
      seats: ids,
      areas: [],
      items: [],
      expiresAt: expires,
      expiresInMs: HOLD_MS,
      maxExpiresAt: expires,
    };
    this.#holds.set(hold.token, hold);
    return { ok: true, ...position, replayed: false, value: { hold } };
  }

  async release(
    actor: Actor,
    payload: { eventId: string; holdToken: string },
  ): Promise<CommandResult<{ hold?: Hold }>> {
    this.calls.push({ name: 'release', actor, payload });
    const hold = this.#holds.get(payload.holdToken);
    if (hold === undefined || hold.subject !== actor.subject) return refused('HOLD_NOT_FOUND');
    this.#holds.delete(hold.token);
    const { chart } = await this.directory.get(payload.eventId);
    const seats = hold.seats.map((id): [number, 'a'] => [chart.seatNo(id) ?? -1, 'a']);
    const notes = [{ subject: hold.subject, kind: 'released' as const, token: hold.token }];
    return { ok: true, ...this.store.change(payload.eventId, { seats, notes }), replayed: false, value: {} };
  }

  async extend(actor: Actor, payload: { holdToken: string }): Promise<CommandResult<{ hold: Hold }>> {
    this.calls.push({ name: 'extend', actor, payload });
    const hold = this.#holds.get(payload.holdToken);
    if (hold === undefined || hold.subject !== actor.subject) return refused('HOLD_NOT_FOUND');
    return { ok: true, ...this.store.change(hold.eventId, {}), replayed: false, value: { hold } };
  }

  async holds(actor: Actor, payload: { eventId: string }): Promise<CommandResult<{ holds: Hold[] }>> {
    this.calls.push({ name: 'holds', actor, payload });
    const holds = [...this.#holds.values()].filter((hold) => hold.subject === actor.subject);
    return { ok: true, epoch: 0, seq: 0, replayed: false, value: { holds } };
  }

  /** As the port, with what is not needed here refused. */
  asPort(): Commands {
    const absent = (): Promise<CommandResult<never>> => Promise.resolve(refused('UNAVAILABLE'));
    return {
      hold: (actor, payload) => this.hold(actor, payload),
      release: (actor, payload) => this.release(actor, payload),
      extend: (actor, payload) => this.extend(actor, payload),
      holds: (actor, payload) => this.holds(actor, payload),
      holdBest: absent,
      getHold: absent,
      allHolds: absent,
      block: absent,
      unblock: absent,
    };
  }
}

function refused(
  code: ErrorCode,
  extras: ErrorExtras = {},
): { ok: false; replayed: false; error: ReturnType<typeof wireError> } {
  return { ok: false, replayed: false, error: wireError(code, extras) };
}
