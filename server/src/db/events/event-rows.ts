import type { EventStatus, Prices, SeatEvent } from '@aisle/client/protocol';

/** One event as Postgres has it. */
export interface EventRecord {
  readonly event: SeatEvent;
  /** 0: never loaded into Redis. */
  readonly epoch: number;
  readonly chartHash: string;
}

export interface EventRow {
  id: string;
  name: string;
  status: EventStatus;
  version: number;
  starts_at: Date;
  ends_at: Date | null;
  timezone: string;
  description: string | null;
  venue: string | null;
  currency: string;
  prices: Prices;
  chart_version: number;
  hold_seconds: number;
  max_hold_seconds: number;
  reserve_seconds: number;
  max_seats_per_subject: number;
  sale_starts_at: Date | null;
  sale_ends_at: Date | null;
  public_states: 'full' | 'binary';
  external_id: string | null;
  epoch: number;
  chart_hash: string;
  created_at: Date;
  updated_at: Date;
}

/** Absent and null are the same to a reader: the field is left out. */
const optional = <K extends string, V>(key: K, value: V | null): { [P in K]?: V } | Record<never, never> =>
  value === null ? {} : { [key]: value };
const time = (date: Date | null): string | null => date?.toISOString() ?? null;

export function toRecord(row: EventRow): EventRecord {
  const event: SeatEvent = {
    id: row.id,
    name: row.name,
    status: row.status,
    version: row.version,
    startsAt: row.starts_at.toISOString(),
    ...optional('endsAt', time(row.ends_at)),
    timezone: row.timezone,
    ...optional('description', row.description),
    ...optional('venue', row.venue),
    currency: row.currency,
    prices: row.prices,
    chartVersion: row.chart_version,
    holdSeconds: row.hold_seconds,
    maxHoldSeconds: row.max_hold_seconds,
    reserveSeconds: row.reserve_seconds,
    maxSeatsPerSubject: row.max_seats_per_subject,
    ...optional('saleStartsAt', time(row.sale_starts_at)),
    ...optional('saleEndsAt', time(row.sale_ends_at)),
    publicStates: row.public_states,
    ...optional('externalId', row.external_id),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
  return { event, epoch: row.epoch, chartHash: row.chart_hash };
}

/** Without case and accents, so that "zurich" finds "Zürich". */
export function searchable(...parts: readonly (string | null | undefined)[]): string {
  return parts
    .filter((part) => part != null)
    .join(' ')
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
}
