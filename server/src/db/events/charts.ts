import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Chart } from '@aisle/client/protocol';
import type { CompiledChart } from '../../domain/chart/model.js';
import { guarded, LONG_DEADLINE_MS, type Queryable } from '../client.js';

const compress = promisify(gzip);
const decompress = promisify(gunzip);
/** The default level: 20 MB of chart in about 0.4 s, off the main thread. */
const GZIP_LEVEL = 6;

/** A chart as the table has it; `document` is gzip of its JSON. */
export interface ChartDocument {
  readonly hash: string;
  readonly document: Buffer;
}

/** Compresses ahead of the transaction that stores it: no lock is held meanwhile. */
export async function chartDocument(compiled: CompiledChart): Promise<ChartDocument> {
  return { hash: compiled.hash, document: await compress(JSON.stringify(compiled.chart), { level: GZIP_LEVEL }) };
}

/** Stores it unless a chart of the same content is there. */
export async function insertChart(
  tx: Queryable,
  compiled: CompiledChart,
  { hash, document }: ChartDocument,
): Promise<void> {
  const places = compiled.seatCount + compiled.areaCapacity.reduce((sum, capacity) => sum + capacity, 0);
  await tx`
    INSERT INTO charts (hash, seat_count, area_count, places, document)
    VALUES (${hash}, ${compiled.seatCount}, ${compiled.areaCount}, ${places}, ${document})
    ON CONFLICT (hash) DO NOTHING`;
}

/** Version `version` of an event's chart is this one, for good. */
export async function insertChartVersion(tx: Queryable, eventId: string, version: number, hash: string): Promise<void> {
  await tx`INSERT INTO event_charts (event_id, version, chart_hash) VALUES (${eventId}, ${version}, ${hash})`;
}

/** gzip of the chart's JSON; null: no such chart. */
export async function findChartDocument(sql: Queryable, hash: string): Promise<Buffer | null> {
  const rows = await guarded(
    sql,
    sql<{ document: Buffer }[]>`SELECT document FROM charts WHERE hash = ${hash}`,
    LONG_DEADLINE_MS,
  );
  return rows[0]?.document ?? null;
}

/** The chart's JSON, unpacked off the main thread. It was validated when it was stored. */
export async function readChart(sql: Queryable, hash: string): Promise<Chart> {
  const document = await findChartDocument(sql, hash);
  if (document === null) throw new Error(`chart ${hash} is not stored`);
  return JSON.parse((await decompress(document)).toString('utf8')) as Chart;
}
