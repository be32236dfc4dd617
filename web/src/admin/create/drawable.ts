import type { Chart, Point } from '@aisle/client/protocol';

/**
 * As much of a faulty chart as can be drawn, and where in the file each piece of the drawing came from: so that faults are
 * shown where they are.
 */
export interface Drawable {
  readonly chart: Chart;
  /** seatNo of `seats.<index>` in the file, areaNo of `areas.<index>`. */
  readonly seatNoOf: (index: number) => number | undefined;
  readonly areaNoOf: (index: number) => number | undefined;
}

const FAR = 1e9;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const textOr = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= FAR ? value : undefined;

/** undefined: there is nothing in it that has a place. */
export function drawableOf(json: unknown): Drawable | undefined {
  if (!isObject(json)) return undefined;
  const categories = listOf(json.categories).flatMap((one) =>
    isObject(one) && typeof one.key === 'string'
      ? [
          {
            key: one.key,
            label: textOr(one.label, one.key),
            ...(typeof one.color === 'string' ? { color: one.color } : {}),
          },
        ]
      : [],
  );
  const sections = listOf(json.sections).flatMap((one) =>
    isObject(one) && typeof one.key === 'string'
      ? [{ key: one.key, label: textOr(one.label, one.key), ...outlineOf(one) }]
      : [],
  );
  const known = new Set(sections.map(({ key }) => key));
  const { seats, seatNoOf } = seatsOf(json, known);
  const { areas, areaNoOf } = areasOf(json, known);
  if (seats.length === 0 && areas.length === 0) return undefined;
  const chart: Chart = {
    ...{ format: 'aisle-chart/1', name: textOr(json.name, ''), sections, seats, areas, shapes: [] },
    categories: categories.length === 0 ? [{ key: '', label: '' }] : categories,
  };
  return { chart, seatNoOf: (index) => seatNoOf.get(index), areaNoOf: (index) => areaNoOf.get(index) };
}

function seatsOf(json: Record<string, unknown>, sections: ReadonlySet<string>) {
  const seatNoOf = new Map<number, number>();
  const seats: Chart['seats'] = [];
  listOf(json.seats).forEach((seat, index) => {
    if (!isObject(seat)) return;
    const at = pointOf(seat);
    if (at === undefined) return;
    seatNoOf.set(index, seats.length);
    // Field by field: of 200,000, spreads took seconds.
    const drawn: Chart['seats'][number] = {
      id: textOr(seat.id, `seats.${index}`),
      x: at.x,
      y: at.y,
      category: textOr(seat.category, ''),
    };
    if (typeof seat.section === 'string' && sections.has(seat.section)) drawn.section = seat.section;
    if (typeof seat.row === 'string') drawn.row = seat.row;
    if (typeof seat.number === 'string') drawn.number = seat.number;
    seats.push(drawn);
  });
  return { seats, seatNoOf };
}

function areasOf(json: Record<string, unknown>, sections: ReadonlySet<string>) {
  const areaNoOf = new Map<number, number>();
  const areas: Chart['areas'] = [];
  listOf(json.areas).forEach((area, index) => {
    if (!isObject(area)) return;
    const at = pointOf(area);
    const [width, height] = [number(area.width), number(area.height)];
    if (at === undefined || width === undefined || height === undefined) return;
    areaNoOf.set(index, areas.length);
    areas.push({
      ...{ ...at, width: Math.abs(width), height: Math.abs(height), capacity: number(area.capacity) ?? 1 },
      ...{ id: textOr(area.id, `areas.${index}`), label: textOr(area.label, ''), category: textOr(area.category, '') },
      ...(typeof area.section === 'string' && sections.has(area.section) ? { section: area.section } : {}),
      ...{ ...outlineOf(area), ellipse: area.ellipse === true, rotation: number(area.rotation) ?? 0 },
    });
  });
  return { areas, areaNoOf };
}

function outlineOf(piece: Record<string, unknown>): { outline?: Point[] } {
  const corners = listOf(piece.outline).map((corner) => (isObject(corner) ? pointOf(corner) : undefined));
  const outline = corners.filter((corner) => corner !== undefined);
  return outline.length >= 3 && outline.length === corners.length ? { outline } : {};
}

function pointOf(piece: Record<string, unknown>): Point | undefined {
  const [x, y] = [number(piece.x), number(piece.y)];
  return x === undefined || y === undefined ? undefined : { x, y };
}

/** `seats.3.category` → the seat with index 3, if it could be drawn. */
export function placeOf(
  path: string,
  drawable: Drawable | undefined,
): { kind: 'seat' | 'area'; no: number } | undefined {
  const [, list, index] = /^(seats|areas)\.(\d+)(?:\.|$)/.exec(path) ?? [];
  if (list === undefined || drawable === undefined) return undefined;
  const no = (list === 'seats' ? drawable.seatNoOf : drawable.areaNoOf)(Number(index));
  return no === undefined ? undefined : { kind: list === 'seats' ? 'seat' : 'area', no };
}

const EXCERPT_CHARS = 320;

/** The piece of the file that a path leads to: the element of a list, or the nearest thing there is above the fault. */
export function excerptAt(json: unknown, path: string): string | undefined {
  let value = json;
  let piece: unknown;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) break;
    value = (value as Record<string, unknown>)[step];
    if (Array.isArray(value)) continue;
    piece = value;
    if (isObject(value)) break;
  }
  if (piece === undefined) return undefined;
  const text = JSON.stringify(piece) as string | undefined;
  if (text === undefined) return undefined;
  return text.length > EXCERPT_CHARS ? `${text.slice(0, EXCERPT_CHARS)}…` : text;
}
