import type { OrderStatus } from '@aisle/client/protocol';
import type { Tone } from '../shared/event-status.js';

const WORDS: Readonly<Record<OrderStatus, { label: string; tone: Tone }>> = {
  pending: { label: 'Not paid yet', tone: 'warn' },
  completed: { label: 'Paid', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  expired: { label: 'Time ran out', tone: 'plain' },
  cancelled: { label: 'Cancelled', tone: 'plain' },
  refunded: { label: 'Refunded', tone: 'plain' },
  partially_refunded: { label: 'Partly refunded', tone: 'warn' },
};

export const orderWords = (status: string): { label: string; tone: Tone } =>
  Object.hasOwn(WORDS, status) ? WORDS[status as OrderStatus] : { label: status, tone: 'plain' };

const TICKETS: Readonly<Record<string, { label: string; tone: Tone }>> = {
  valid: { label: 'Valid', tone: 'good' },
  scanned: { label: 'Scanned', tone: 'warn' },
  cancelled: { label: 'Cancelled', tone: 'plain' },
};
export const ticketWords = (status: string): { label: string; tone: Tone } =>
  TICKETS[status] ?? { label: status, tone: 'plain' };

const STEPS: Readonly<Record<string, string>> = {
  created: 'Placed',
  completed: 'Paid',
  cancelled: 'Cancelled',
  expired: 'Time ran out',
  refunded: 'Refunded',
  partially_refunded: 'Partly refunded',
  exchanged: 'Seats exchanged',
  scanned: 'Scanned',
};
export const stepWords = (kind: string): string => STEPS[kind] ?? kind.replaceAll('_', ' ');
