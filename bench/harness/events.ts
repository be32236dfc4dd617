import { randomBytes } from 'node:crypto';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import type { Stack } from './stack.js';

export async function call<T>(stack: Stack, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${stack.url}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${stack.adminKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

/** Plain rows of seats side by side; ids are "s<seatNo>". */
export function plainChart(seats: number, perRow = 100): Chart {
  return {
    format: 'aisle-chart/1',
    name: `${seats} seats in rows of ${perRow}`,
    categories: [{ key: 'A', label: 'Seats' }],
    sections: [],
    seats: Array.from({ length: seats }, (_, seatNo) => ({
      id: `s${seatNo}`,
      row: `r${Math.floor(seatNo / perRow)}`,
      number: String(seatNo % perRow),
      x: (seatNo % perRow) * 20,
      y: Math.floor(seatNo / perRow) * 25,
      category: 'A',
    })),
    areas: [],
    shapes: [],
    focalPoint: { x: perRow * 10, y: -50 },
  };
}

/** A draft that is never sold itself: events are copied from it, so that a chart of 20 MB is sent once. */
export async function createTemplate(stack: Stack, chart: Chart): Promise<string> {
  const { id } = await call<SeatEvent>(stack, 'POST', '/events', {
    name: chart.name,
    startsAt: '2030-01-01T20:00:00Z',
    currency: 'EUR',
    prices: Object.fromEntries(chart.categories.map(({ key }) => [key, 1000])),
    chart,
  });
  return id;
}

/** A fresh event on sale with the template's chart. `sold`: seatNos that Postgres has tickets for. */
export async function sellCopy(stack: Stack, templateId: string, sold: readonly number[] = []): Promise<string> {
  const { sql } = stack;
  const id = `evt_${randomBytes(9).toString('base64url')}`;
  await sql.begin(async (tx) => {
    await tx`INSERT INTO event_charts (event_id, version, chart_hash)
      SELECT ${id}, version, chart_hash FROM event_charts WHERE event_id = ${templateId}`;
    await tx`INSERT INTO events
      SELECT (jsonb_populate_record(e, jsonb_build_object('id', ${id}::text))).* FROM events e WHERE id = ${templateId}`;
    await tx`INSERT INTO seat_claims (event_id, seat_no, order_id, state)
      SELECT ${id}, seat_no, 'ord_bench', 'sold' FROM unnest(${[...sold]}::int[]) AS seat_no`;
  });
  await call(stack, 'POST', `/events/${id}/publish`, {});
  await call(stack, 'POST', `/events/${id}/open`, {});
  return id;
}
