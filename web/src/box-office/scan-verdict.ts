import type { Order, ScanAnswer } from '@aisle/client/protocol';
import { ApiError } from '../shared/api.js';
import type { Desk } from './desk.js';
import { ticketTypes } from './prices.js';
import { moment } from './times.js';

/** `go`: let in. `stop`: do not. `wait`: nobody knows yet. */
export interface Verdict {
  readonly light: 'go' | 'stop' | 'wait';
  readonly title: string;
  readonly detail: string;
  /** The seat, in large. */
  readonly place?: string;
  readonly holder?: string;
  /** The same scan may be asked again, under the same number. */
  readonly again?: true;
}

/** One scan, decided by the server. `key`: of this scan, over its tries: a lost answer is told once more, not as a second visit. */
export async function scan(desk: Desk, code: string, key: string): Promise<Verdict> {
  const body = { code, eventId: desk.event.id, gate: desk.terminal };
  try {
    const { ticket } = await desk.call<ScanAnswer>('POST', '/v1/tickets/scan', { body, key });
    const { category, ticketType } = ticket;
    const type = ticketTypes(desk.event.prices[category]).find(({ key }) => key === ticketType)?.label ?? ticketType;
    const kind = [desk.names.category(category), type].filter((part) => part !== undefined && part !== '').join(' · ');
    return { light: 'go', title: 'Let in', detail: kind, place: desk.names.place(ticket.seat ?? ticket.area) };
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): Verdict {
  if (!(error instanceof ApiError))
    return { light: 'wait', title: 'Not decided', detail: 'Scan it again.', again: true };
  const details = error.details.details ?? {};
  switch (error.code) {
    case 'ALREADY_SCANNED': {
      const { scannedAt, gate } = details;
      const when = typeof scannedAt === 'string' ? moment(scannedAt) : 'before';
      const where = typeof gate === 'string' && gate !== '' ? ` at ${gate}` : '';
      return { light: 'stop', title: 'Already scanned', detail: `Let in ${when}${where}.` };
    }
    case 'ORDER_STATE_CONFLICT':
      return { light: 'stop', title: 'Cancelled', detail: 'This ticket was refunded or exchanged. It admits nobody.' };
    case 'TICKET_NOT_FOUND':
      return { light: 'stop', title: 'Not a ticket', detail: 'This code is not one of ours, or it was read wrong.' };
    case 'FORBIDDEN':
      return { light: 'stop', title: 'Another event', detail: error.message };
    case 'INVALID_REQUEST': {
      const faults = details.faults as readonly { path?: string }[] | undefined;
      const other = faults?.some(({ path }) => path === 'eventId') === true;
      if (other)
        return { light: 'stop', title: 'Another event', detail: 'A genuine ticket, for another event than this one.' };
      return { light: 'stop', title: 'Not a ticket', detail: error.message };
    }
    default:
      return {
        light: 'wait',
        title: 'Not decided',
        detail: error.code === 'OFFLINE' ? 'The server did not answer. Nobody is let in by this yet.' : error.message,
        ...(error.retryable ? { again: true as const } : {}),
      };
  }
}

/** Whose ticket it is: for staff, and only where it is known. */
export async function holderOf(desk: Desk, code: string): Promise<string | undefined> {
  if (!desk.staff) return undefined;
  try {
    const { items } = await desk.call<{ items: Order[] }>('GET', '/v1/orders', { query: { code, limit: 1 } });
    return items[0]?.buyer?.name;
  } catch {
    return undefined;
  }
}
