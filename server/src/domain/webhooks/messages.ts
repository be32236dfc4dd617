import { randomBytes } from 'node:crypto';
import type { LogEntry } from '../log-entry.js';
import type { OutboxEntry } from '../outbox.js';
import { SEAT_TYPES, TEST_TYPE } from './types.js';

/** One message as it is kept and sent; `body` is what is signed, to the byte (SPEC W1). */
export interface WebhookMessage {
  /** The `webhook-id`: the same at every attempt and at every endpoint. Without full stops, which part what is signed. */
  readonly id: string;
  readonly type: string;
  readonly eventId: string;
  /** What it speaks of. Messages that share a key reach an endpoint one after another (SPEC W4). */
  readonly keys: readonly string[];
  readonly body: string;
}

/** Ids that the chart gives to places, by seatNo and areaNo. */
export interface PlaceIds {
  readonly seats: readonly string[];
  readonly areas: readonly string[];
}

/** A block of half a stadium is told in parts: no receiver is sent a megabyte. */
const PLACES_PER_MESSAGE = 200;

const bodyOf = (type: string, at: Date, data: object): string =>
  JSON.stringify({ type, timestamp: at.toISOString(), data });

/**
 * One entry of the log as messages: one, or several parts where it touches more than 200 places. Neither token nor subject
 * are in it (SPEC H6, L3); `hold` is the SHA-1 of the hold's token, by which messages of one hold are known.
 */
export function seatMessages(eventId: string, entry: LogEntry, ids: PlaceIds): WebhookMessage[] {
  const { epoch, seq, kind, holdHash, extra } = entry;
  const type = SEAT_TYPES[kind];
  const places = placesOf(eventId, entry, ids);
  const parts = Math.max(1, Math.ceil(places.length / PLACES_PER_MESSAGE));
  const { orderId, expiresAt } = extra;
  const about = {
    ...{ eventId, epoch, seq },
    ...(holdHash === '' ? {} : { hold: holdHash }),
    ...(typeof orderId === 'string' && orderId !== '' ? { orderId } : {}),
    ...(typeof expiresAt === 'number' ? { expiresAt: new Date(expiresAt).toISOString() } : {}),
  };
  const holdKeys = holdHash === '' ? [] : [`hold:${eventId}:${holdHash}`];
  return Array.from({ length: parts }, (_, part) => {
    const own = places.slice(part * PLACES_PER_MESSAGE, (part + 1) * PLACES_PER_MESSAGE);
    const data = {
      ...about,
      ...(parts === 1 ? {} : { part: part + 1, parts }),
      seats: own.flatMap(({ seat }) => (seat === undefined ? [] : [seat])),
      areas: own.flatMap(({ area }) => (area === undefined ? [] : [area])),
    };
    return {
      id: `msg_${eventId}_${epoch}_${seq}${parts === 1 ? '' : `_${part + 1}`}`,
      ...{ type, eventId },
      keys: [...new Set([...own.map(({ key }) => key), ...holdKeys])],
      body: bodyOf(type, new Date(entry.atMs), data),
    };
  });
}

function placesOf(eventId: string, entry: LogEntry, ids: PlaceIds) {
  const seats = entry.seats.map(({ seatNo, from, to }) => ({
    key: `seat:${eventId}:${seatNo}`,
    seat: { id: ids.seats[seatNo] ?? null, seatNo, from, to },
    area: undefined,
  }));
  const areas = entry.areas.map(({ areaNo, from, to, quantity }) => ({
    key: `area:${eventId}:${areaNo}`,
    seat: undefined,
    area: { id: ids.areas[areaNo] ?? null, areaNo, from, to, quantity },
  }));
  return [...seats, ...areas];
}

const newId = (): string => `msg_${randomBytes(16).toString('base64url')}`;

/** One row of the outbox. What is of one order comes in order, tickets included; so does what is of one event. */
export function outboxMessage(entry: OutboxEntry, at: Date): WebhookMessage {
  const { type, eventId, orderId, data } = entry;
  return {
    id: newId(),
    ...{ type, eventId },
    keys: [orderId === undefined ? `event:${eventId}` : `order:${orderId}`],
    body: bodyOf(type, at, { eventId, ...(orderId === undefined ? {} : { orderId }), ...data }),
  };
}

/** To see that an endpoint answers and verifies. */
export const testMessage = (at: Date): WebhookMessage => ({
  ...{ id: newId(), type: TEST_TYPE, eventId: '', keys: [] },
  body: bodyOf(TEST_TYPE, at, {}),
});
