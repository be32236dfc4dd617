import type { Down } from '../protocol/down/down.js';
import type { Hello } from '../protocol/down/hello.js';
import { isRecord } from '../errors.js';

/** Every message but `hello`, which belongs to the connection itself. Others a newer server may send are not listened to. */
export type MessageName = Exclude<keyof Down, 'hello'>;
export type Message = { [N in MessageName]: { readonly name: N; readonly payload: Down[N] } }[MessageName];

type Fields = Record<string, unknown>;
const num = (value: unknown): value is number => typeof value === 'number';
const str = (value: unknown): value is string => typeof value === 'string';
const placed = (m: Fields): boolean => str(m.eventId) && num(m.epoch);

/** Checks just what is read here: unknown fields pass, ranges are checked where they are applied. No schema library: 25 KB. */
const READERS: { readonly [N in MessageName]: (payload: Fields) => boolean } = {
  seats: (m) =>
    placed(m) &&
    num(m.from) &&
    num(m.to) &&
    Array.isArray(m.changes) &&
    (m.areas === undefined || Array.isArray(m.areas)),
  beacon: (m) => placed(m) && num(m.seq) && str(m.status),
  inventory: (m) => placed(m) && num(m.seq) && isRecord(m.categories),
  event: (m) => str(m.eventId) && str(m.status) && num(m.version),
  reload: (m) => placed(m) && num(m.chartVersion),
  hold: (m) => str(m.eventId) && str(m.kind) && str(m.token),
  notice: (m) => str(m.code) && str(m.message),
};

export const MESSAGE_NAMES = Object.keys(READERS) as MessageName[];

/** False: not readable, and so not acted on. */
export function isMessage(message: { name: MessageName; payload: unknown }): message is Message {
  return isRecord(message.payload) && READERS[message.name](message.payload);
}

export const isHello = (value: unknown): value is Hello =>
  isRecord(value) && (value.subject === null || str(value.subject)) && str(value.role);
