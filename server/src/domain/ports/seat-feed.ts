import type { CategoryCounts } from './seat-store.js';
import type { SeatsView, SubscribeAck } from '@aisle/client/protocol';

/** What gateway and http see of the fan-out. */
export interface SeatFeed {
  /**
   * Starts mirroring the event if need be and calls `attach(answer)` at a tick boundary: flush, join, ack in one
   * synchronous turn (SPEC F3): the caller joins the room and acks inside it. Rejects with AisleError.
   */
  subscribe(
    eventId: string,
    position: { epoch: number; seq: number } | undefined,
    attach: (answer: SubscribeAck) => void,
  ): Promise<void>;
  /** One viewer fewer on this node; the last one ends the mirror after a while. */
  unsubscribe(eventId: string): void;
  /** The public view, the same for every caller: from the mirror if there is one, else a Redis snapshot shared for up to 250 ms. */
  view(eventId: string): Promise<SeatsView>;
  /** Counts by catNo, same source. */
  inventory(eventId: string): Promise<readonly CategoryCounts[]>;
  /** Full letters (char codes by seatNo) and seq for ranking candidates; `fresh` forces a read of Redis. Do not keep or write the array. */
  letters(eventId: string, fresh: boolean): Promise<{ letters: Uint8Array; seq: number; epoch: number }>;
  /**
   * Somebody on this node has places of the event on hold for the next `ms`: mirror it that long even if nobody watches, so
   * that the holder is told what becomes of them (SPEC F6).
   */
  attend(eventId: string, ms: number): void;
  /** Events mirrored on this node now: those it sweeps (SPEC H3). */
  watched(): string[];
  /** eventId → sockets of this node that watch it. */
  viewers(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}
/** What the fan-out sees of the sockets on this node. */
export interface LocalBroadcast {
  toEvent(eventId: string, name: 'seats' | 'beacon' | 'inventory' | 'event' | 'reload', payload: object): void;
  toSubject(subject: string, name: 'hold' | 'notice', payload: object): void;
}
