import { randomBytes } from 'node:crypto';
import type { SeatEvent } from '@aisle/client/protocol';
import type { CompiledChart } from '../../domain/chart/model.js';
import { chartDocument, insertChart, insertChartVersion } from './charts.js';
import { LONG_DEADLINE_MS, sqlState, transaction, type Sql } from '../client.js';
import { insertEvent, lockEvent, updateEvent, type EventFields, type EventRecord } from './events.js';
import { recall, remember } from '../requests/request-answers.js';

const UNIQUE_VIOLATION = '23505';

export interface CreateEventInput {
  readonly fields: EventFields;
  readonly chart: CompiledChart;
  readonly actor: string;
  /** An Idempotency-Key and the hash of what it came with. */
  readonly request?: { readonly id: string; readonly fingerprint: string };
}
export type CreateEventResult =
  | { readonly kind: 'created'; readonly event: SeatEvent }
  /** The same request again: the answer it got then. */
  | { readonly kind: 'replay'; readonly event: SeatEvent }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'external_id_taken' };

/** A draft with its chart, in one transaction. Fields and chart are checked already. */
export async function createEvent(sql: Sql, input: CreateEventInput): Promise<CreateEventResult> {
  const document = await chartDocument(input.chart);
  const { request, actor, fields } = input;
  try {
    return await transaction<CreateEventResult>(
      sql,
      async (tx) => {
        const before = request === undefined ? null : await recall(tx, actor, request.id, request.fingerprint);
        if (before?.kind === 'mismatch') return before;
        if (before?.kind === 'replay') return { kind: 'replay', event: before.answer };
        const id = `evt_${randomBytes(9).toString('base64url')}`;
        await insertChart(tx, input.chart, document);
        await insertEvent(tx, id, fields, actor);
        await insertChartVersion(tx, id, 1, document.hash);
        const record = await lockEvent(tx, id);
        if (record === null) throw new Error(`event ${id} vanished inside its transaction`);
        if (request !== undefined) await remember(tx, actor, request.id, request.fingerprint, record.event);
        return { kind: 'created', event: record.event };
      },
      LONG_DEADLINE_MS,
    );
  } catch (error) {
    if (externalIdTaken(error)) return { kind: 'external_id_taken' };
    throw error;
  }
}

export interface ChangeEventInput {
  readonly eventId: string;
  readonly actor: string;
  /** The new chart, where the change brings one. */
  readonly chart?: CompiledChart | undefined;
  /** Decides on the locked row; may throw to refuse. `changed` empty: nothing is written. */
  readonly decide: (before: EventRecord) => { readonly fields: EventFields; readonly changed: readonly string[] };
}
export type ChangeEventResult =
  | { readonly kind: 'changed'; readonly record: EventRecord }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'external_id_taken' };

/** PATCH: fields, and a new chart version where the chart differs. */
export async function changeEvent(sql: Sql, input: ChangeEventInput): Promise<ChangeEventResult> {
  const { eventId, actor, chart } = input;
  const document = chart === undefined ? undefined : await chartDocument(chart);
  try {
    return await transaction<ChangeEventResult>(
      sql,
      async (tx) => {
        const before = await lockEvent(tx, eventId);
        if (before === null) return { kind: 'not_found' };
        const { fields, changed } = input.decide(before);
        if (changed.length === 0) return { kind: 'changed', record: before };
        let { chartVersion } = before.event;
        if (chart !== undefined && document !== undefined && document.hash !== before.chartHash) {
          chartVersion += 1;
          await insertChart(tx, chart, document);
          await insertChartVersion(tx, eventId, chartVersion, document.hash);
        }
        return { kind: 'changed', record: await updateEvent(tx, before, fields, chartVersion, { actor, changed }) };
      },
      LONG_DEADLINE_MS,
    );
  } catch (error) {
    if (externalIdTaken(error)) return { kind: 'external_id_taken' };
    throw error;
  }
}

const externalIdTaken = (error: unknown): boolean =>
  sqlState(error) === UNIQUE_VIOLATION && error instanceof Error && error.message.includes('events_external_id_key');
