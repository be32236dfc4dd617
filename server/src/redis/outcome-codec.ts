import { eventStatusSchema, SEAT_LETTERS, type EventStatus, type SeatLetter } from '@aisle/client/protocol';
import type { Outcome, Refusal } from '../domain/ports/seat-store.js';

/** Script answers as they come: strings, possibly nested once ('again'). One codec for all commands (SPEC S5). */

export class ReplyError extends Error {}

export function asStrings(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw new ReplyError('a script answered no list');
  return reply.map((value) => (Array.isArray(value) ? '' : String(value)));
}

export const toLetter = (text: string | undefined): SeatLetter => {
  if (text === undefined || text.length !== 1 || !SEAT_LETTERS.includes(text))
    throw new ReplyError(`no seat letter: ${text}`);
  return text as SeatLetter;
};
export const toStatus = (text: string | undefined): EventStatus => eventStatusSchema.parse(text);

const numbers = (text: string): number[] => (text === '' ? [] : text.split(',').map(Number));

const REASONS = { epoch: 'epoch', loading: 'loading', chart: 'chart', log_full: 'log_full', stale: 'stale' } as const;
const isReason = (text: string): text is keyof typeof REASONS => Object.hasOwn(REASONS, text);

function decodeRefusal(code: string, details: readonly string[]): Refusal {
  const [first = '', second = ''] = details;
  switch (code) {
    case 'SEAT_UNAVAILABLE': {
      const seats = [];
      for (let i = 0; i < details.length; i += 2)
        seats.push({ seatNo: Number(details[i]), state: toLetter(details[i + 1]) });
      return { code, seats };
    }
    case 'AREA_FULL':
      return { code, areaNo: Number(first), available: Number(second) };
    case 'LIMIT_EXCEEDED':
      return { code, limit: Number(first), holding: Number(second) };
    case 'HOLD_RESERVED':
      return { code, orderId: first };
    case 'NOT_IN_HOLD':
      return { code, seats: numbers(first), areas: numbers(second) };
    case 'EVENT_NOT_ON_SALE':
      return { code, status: toStatus(first) };
    case 'UNAVAILABLE':
      return { code, reason: isReason(first) ? first : 'epoch' };
    case 'NOT_ENOUGH_SEATS':
    case 'HOLD_NOT_FOUND':
    case 'HOLD_EXPIRED':
    case 'IDEMPOTENCY_MISMATCH':
      return { code };
    default:
      throw new ReplyError(`a script refused with the unknown code ${code}`);
  }
}

/** `decodeValue` reads what follows the position of an 'ok'; nowMs is Redis's clock at this answer, also when replayed. */
export function decodeOutcome<T>(
  reply: unknown,
  decodeValue: (values: readonly string[], nowMs: number) => T,
): Outcome<T> {
  const outer = asStrings(reply);
  const replayed = outer[0] === 'again';
  const nowMs = Number(replayed ? outer[1] : outer[3]);
  const inner = replayed && Array.isArray(reply) ? asStrings(reply[2]) : outer;
  const [kind, epoch, seq] = inner;
  const position = { epoch: Number(epoch), seq: Number(seq), replayed };
  if (kind === 'ok') return { ok: true, ...position, value: decodeValue(inner.slice(4), nowMs) };
  if (kind === 'no') return { ok: false, ...position, refusal: decodeRefusal(inner[4] ?? '', inner.slice(5)) };
  throw new ReplyError(`a script answered ${kind}`);
}
