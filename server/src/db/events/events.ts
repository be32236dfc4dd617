import type { EventStatus, SeatEvent } from '@aisle/client/protocol';
import { lifecycle, type LifecycleStep } from '../../domain/event.js';
import { addToOutbox } from '../log/outbox.js';
import type { OutboxType } from '../../domain/outbox.js';
import { guarded, transaction, type Queryable, type Sql, type Transaction } from '../client.js';
import { searchable, toRecord, type EventRecord, type EventRow } from './event-rows.js';

export type { EventRecord } from './event-rows.js';

/** What an event is made of, defaults filled in. Times are ISO; null: not set. */
export interface EventFields {
  readonly name: string;
  readonly startsAt: string;
  readonly endsAt: string | null;
  readonly timezone: string;
  readonly description: string | null;
  readonly venue: string | null;
  readonly currency: string;
  readonly prices: SeatEvent['prices'];
  readonly holdSeconds: number;
  readonly maxHoldSeconds: number;
  readonly reserveSeconds: number;
  readonly maxSeatsPerSubject: number;
  readonly saleStartsAt: string | null;
  readonly saleEndsAt: string | null;
  readonly publicStates: 'full' | 'binary';
  readonly externalId: string | null;
}

const columns = (fields: EventFields, tx: Queryable) => ({
  name: fields.name,
  starts_at: fields.startsAt,
  ends_at: fields.endsAt,
  timezone: fields.timezone,
  description: fields.description,
  venue: fields.venue,
  currency: fields.currency,
  prices: tx.json(fields.prices),
  hold_seconds: fields.holdSeconds,
  max_hold_seconds: fields.maxHoldSeconds,
  reserve_seconds: fields.reserveSeconds,
  max_seats_per_subject: fields.maxSeatsPerSubject,
  sale_starts_at: fields.saleStartsAt,
  sale_ends_at: fields.saleEndsAt,
  public_states: fields.publicStates,
  external_id: fields.externalId,
  search: searchable(fields.name, fields.venue, fields.description),
});

const selectEvents = (sql: Queryable) => sql`
  SELECT e.*, c.chart_hash FROM events e JOIN event_charts c ON c.event_id = e.id AND c.version = e.chart_version`;

/** A draft, version 1, chart version 1. The chart is stored by the same transaction (charts.ts). */
export async function insertEvent(tx: Transaction, id: string, fields: EventFields, actor: string): Promise<void> {
  await tx`INSERT INTO events ${tx({ id, ...columns(fields, tx), chart_version: 1 })}`;
  await recordChange(tx, id, 1, 'create', actor, {});
}

/** null: no such event. Drafts too. */
export async function findEvent(sql: Queryable, id: string): Promise<EventRecord | null> {
  const rows = await guarded(sql, sql<EventRow[]>`${selectEvents(sql)} WHERE e.id = ${id}`);
  return rows[0] === undefined ? null : toRecord(rows[0]);
}

/**
 * The same inside a transaction, and nobody else changes it until that ends. Orders may refer to it meanwhile: the stronger lock
 * would have to find a moment in which none is being written, which a rush does not have.
 */
export async function lockEvent(tx: Transaction, id: string): Promise<EventRecord | null> {
  const rows = await tx<EventRow[]>`${selectEvents(tx)} WHERE e.id = ${id} FOR NO KEY UPDATE OF e`;
  return rows[0] === undefined ? null : toRecord(rows[0]);
}

export interface EventQuery {
  /** Every word of it occurs in name, venue or description; case and accents do not count. */
  readonly q?: string;
  readonly status?: EventStatus;
  /** True: all of them; ids: those. */
  readonly drafts: boolean | readonly string[];
  readonly limit: number;
  /** Start after this one, in (startsAt, id) order. */
  readonly after?: { readonly startsAt: string; readonly id: string };
}

function shown(sql: Queryable, drafts: EventQuery['drafts']) {
  if (drafts === true) return sql`true`;
  return sql`(e.status <> 'draft' OR e.id = ANY (${drafts === false ? [] : [...drafts]}::text[]))`;
}

/** By start, then id. */
export async function listEvents(sql: Queryable, query: EventQuery): Promise<EventRecord[]> {
  const words = searchable(query.q)
    .split(/\s+/)
    .filter((word) => word !== '');
  const patterns = words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`);
  const { status, after } = query;
  const rows = await guarded(
    sql,
    sql<EventRow[]>`${selectEvents(sql)}
      WHERE ${shown(sql, query.drafts)}
        ${status === undefined ? sql`` : sql`AND e.status = ${status}`}
        ${patterns.length === 0 ? sql`` : sql`AND e.search LIKE ALL (${patterns})`}
        ${after === undefined ? sql`` : sql`AND (e.starts_at, e.id) > (${after.startsAt}::timestamptz, ${after.id})`}
      ORDER BY e.starts_at, e.id LIMIT ${query.limit}`,
  );
  return rows.map(toRecord);
}

/**
 * Writes all fields of an event locked by `lockEvent`, one version on. `chartVersion`: the one just inserted, where the chart
 * changed. Returns the new record.
 */
export async function updateEvent(
  tx: Transaction,
  before: EventRecord,
  fields: EventFields,
  chartVersion: number,
  change: { readonly actor: string; readonly changed: readonly string[] },
): Promise<EventRecord> {
  const { id, version } = before.event;
  await tx`
    UPDATE events SET ${tx({ ...columns(fields, tx), chart_version: chartVersion })}, version = version + 1, updated_at = now()
    WHERE id = ${id}`;
  await recordChange(tx, id, version + 1, 'patch', change.actor, { fields: change.changed });
  return reread(tx, id);
}

export type TransitionResult =
  | { readonly kind: 'moved'; readonly record: EventRecord }
  /** It was there already: repeating a step is no error. */
  | { readonly kind: 'same'; readonly record: EventRecord }
  | { readonly kind: 'conflict'; readonly record: EventRecord }
  | { readonly kind: 'not_found' };

/** One step of an event's life (architecture §11), decided under its row lock. `actor`: a subject, or "schedule". */
export function transition(
  sql: Sql,
  eventId: string,
  step: LifecycleStep,
  by: { readonly actor: string },
): Promise<TransitionResult> {
  return transaction(sql, async (tx): Promise<TransitionResult> => {
    const record = await lockEvent(tx, eventId);
    if (record === null) return { kind: 'not_found' };
    const decision = lifecycle(record.event.status, step);
    if (decision.kind !== 'move') return { kind: decision.kind, record };
    await tx`UPDATE events SET status = ${decision.to}, version = version + 1, updated_at = now() WHERE id = ${eventId}`;
    const from = record.event.status;
    await recordChange(tx, eventId, record.event.version + 1, step, by.actor, { from, to: decision.to });
    return { kind: 'moved', record: await reread(tx, eventId) };
  });
}

/**
 * SPEC R3: Postgres went back in time and Redis knows this event by a later version. What was on sale, or would be by its window, is
 * paused; and the version overtakes Redis's, or nothing of the event would ever be heard there again (R4). Repeating it changes
 * nothing. null: no such event, or a draft, which sells nothing.
 */
export function stopSales(
  sql: Sql,
  eventId: string,
  by: { readonly actor: string; readonly redisVersion: number },
): Promise<EventRecord | null> {
  return transaction(sql, async (tx) => {
    const record = await lockEvent(tx, eventId);
    if (record === null || record.event.status === 'draft') return null;
    const { status: from, version } = record.event;
    const to = from === 'on_sale' || from === 'published' ? 'paused' : from;
    if (to === from && version > by.redisVersion) return record;
    const next = Math.max(version, by.redisVersion) + 1;
    await tx`UPDATE events SET status = ${to}, version = ${next}, updated_at = now() WHERE id = ${eventId}`;
    const changes = { from, to, reason: 'Postgres went back in time' };
    await recordChange(tx, eventId, next, to === from ? 'patch' : 'pause', by.actor, changes);
    return reread(tx, eventId);
  });
}

/**
 * Steps that saleStartsAt and saleEndsAt ask for now, by Postgres's clock. A paused event is not opened again, and one that
 * was published only after its sale ended stays published.
 */
export async function dueTransitions(
  sql: Queryable,
  limit = 100,
): Promise<{ eventId: string; step: 'open' | 'close' }[]> {
  const rows = await guarded(
    sql,
    sql<{ id: string; step: 'open' | 'close' }[]>`
      (SELECT id, 'open' AS step FROM events
        WHERE status = 'published' AND sale_starts_at <= now() AND (sale_ends_at IS NULL OR sale_ends_at > now()) LIMIT ${limit})
      UNION ALL
      (SELECT id, 'close' AS step FROM events WHERE status IN ('on_sale', 'paused') AND sale_ends_at <= now() LIMIT ${limit})`,
  );
  return rows.map(({ id, step }) => ({ eventId: id, step }));
}

/** Events that Redis should know: everything that was published (SPEC R2, R4). What sells comes first. */
export async function liveEventIds(sql: Queryable): Promise<string[]> {
  const rows = await guarded(
    sql,
    sql<
      { id: string }[]
    >`SELECT id FROM events WHERE status <> 'draft' ORDER BY status = 'on_sale' DESC, starts_at, id`,
  );
  return rows.map((row) => row.id);
}

/** Inside the rebuild's transaction, under its exclusive advisory lock: the next epoch (SPEC R2). null: no such event. */
export async function bumpEpoch(tx: Queryable, eventId: string): Promise<number | null> {
  const rows = await tx<{ epoch: number }[]>`UPDATE events SET epoch = epoch + 1 WHERE id = ${eventId} RETURNING epoch`;
  return rows[0]?.epoch ?? null;
}

async function reread(tx: Transaction, id: string): Promise<EventRecord> {
  const record = await lockEvent(tx, id);
  if (record === null) throw new Error(`event ${id} vanished inside its transaction`);
  return record;
}

type ChangeKind = 'create' | 'patch' | LifecycleStep;
const TOLD_AS: Readonly<Record<ChangeKind, OutboxType>> = {
  create: 'event.created',
  patch: 'event.changed',
  publish: 'event.published',
  open: 'event.opened',
  pause: 'event.paused',
  close: 'event.closed',
  cancel: 'event.cancelled',
};
/** History, and the word for the outside, in the transaction of the change (SPEC W3). */
async function recordChange(
  tx: Transaction,
  eventId: string,
  version: number,
  kind: ChangeKind,
  actor: string,
  changes: Record<string, string | readonly string[]>,
): Promise<void> {
  await tx`
    INSERT INTO event_changes (event_id, version, kind, actor, changes)
    VALUES (${eventId}, ${version}, ${kind}, ${actor}, ${tx.json(changes)})`;
  await addToOutbox(tx, [{ type: TOLD_AS[kind], eventId, data: { version, ...changes } }]);
}
