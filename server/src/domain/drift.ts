import type { AreaCounts } from './replay.js';

/**
 * What is wrong with a place (SPEC L5, R6):
 * not_sold: an order has it sold, Redis shows something else. sold_unclaimed: Redis calls it sold and no order has it: never
 * freed by itself. not_reserved: an open order has it. block_missing, block_unknown: house seats. hold_missing: a hold has it and
 * the map does not show it. hold_unknown: the map shows a hold that is not there. hold_unindexed: a hold that no index has, so that
 * nobody would end it. map: no letter at all. area_sold, area: counts of an area. inventory: a category's counts are not what its
 * places add up to (I4).
 */
export const DRIFT_KINDS = [
  ...(['not_sold', 'sold_unclaimed', 'not_reserved', 'block_missing', 'block_unknown'] as const),
  ...(['hold_missing', 'hold_unknown', 'hold_unindexed', 'map', 'area_sold', 'area', 'inventory'] as const),
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

export interface AreaPlaces extends AreaCounts {
  readonly capacity: number;
}
export interface CategoryPlaces {
  readonly total: number;
  readonly sold: number;
  readonly pending: number;
  readonly available: number;
}

export interface SeatDrift {
  readonly kind: Exclude<DriftKind, 'area_sold' | 'area' | 'inventory'>;
  readonly seatNo: number;
  /** Letters; '' where there is none. */
  readonly redis: string;
  readonly expected: string;
  readonly why: string;
  /** Of the order that has it, where one has. */
  readonly orderId?: string;
}
export interface AreaDrift {
  readonly kind: 'area_sold' | 'area';
  readonly areaNo: number;
  readonly redis: AreaPlaces;
  readonly expected: AreaPlaces;
  readonly why: string;
}
export interface InventoryDrift {
  readonly kind: 'inventory';
  readonly category: string;
  readonly redis: CategoryPlaces;
  /** A recount of the places that Redis itself has. */
  readonly expected: CategoryPlaces;
  readonly why: string;
}
export type PlaceDrift = SeatDrift | AreaDrift | InventoryDrift;
/** A category of which Redis says something else than a load would write. */
export interface CategoryDifference {
  readonly category: string;
  readonly redis: CategoryPlaces;
  readonly expected: CategoryPlaces;
}
export interface Drift {
  readonly places: readonly PlaceDrift[];
  readonly categories: readonly CategoryDifference[];
}

/** Which category each place counts in, by catNo. */
export interface PlacesOfChart {
  readonly categoryKeys: readonly string[];
  readonly seatCategory: Uint16Array;
  readonly areaCategory: Uint16Array;
}
/** What Redis has, of one instant. */
export interface LivePlaces {
  readonly letters: string;
  readonly areas: readonly AreaPlaces[];
  readonly inventory: ReadonlyMap<string, CategoryPlaces>;
  /** Seats, areas whose hold is there but in no index. */
  readonly unindexed: ReadonlySet<number>;
  readonly unindexedAreas?: ReadonlySet<number>;
}
/** What a load would write. */
export interface ExpectedPlaces {
  /** One char code a seat. */
  readonly letters: Uint8Array;
  readonly areas: readonly AreaPlaces[];
  readonly categories: readonly (CategoryPlaces & { readonly key: string })[];
  /** seatNo → the order that has it. */
  readonly claims: ReadonlyMap<number, string>;
}
/** Places that changed while Redis and Postgres were read, or whose order Redis has yet to be told of: not judged. */
export interface Excused {
  readonly seats: ReadonlySet<number>;
  readonly areas: ReadonlySet<number>;
}
export const NOTHING_EXCUSED: Excused = { seats: new Set(), areas: new Set() };

/** Pure: what differs, place by place and by category, seats first. */
export function comparePlaces(
  chart: PlacesOfChart,
  live: LivePlaces,
  expected: ExpectedPlaces,
  excused: Excused = NOTHING_EXCUSED,
): Drift {
  return {
    places: [
      ...seatDrift(live, expected, excused),
      ...areaDrift(live, expected, excused),
      ...inventoryDrift(chart, live),
    ],
    categories: categoryDifferences(live, expected),
  };
}

function seatDrift(live: LivePlaces, expected: ExpectedPlaces, excused: Excused): SeatDrift[] {
  const found: SeatDrift[] = [];
  const most = Math.max(live.letters.length, expected.letters.length);
  for (let seatNo = 0; seatNo < most; seatNo++) {
    const code = expected.letters[seatNo];
    const unindexed = live.unindexed.has(seatNo);
    if ((live.letters.charCodeAt(seatNo) === code && !unindexed) || excused.seats.has(seatNo)) continue;
    const redis = live.letters.charAt(seatNo);
    const wanted = code === undefined ? '' : String.fromCharCode(code);
    const orderId = expected.claims.get(seatNo);
    const order = orderId === undefined ? {} : { orderId };
    const same = redis === wanted;
    const [kind, why] = same ? (['hold_unindexed', WHY.hold_unindexed] as const) : nameSeat(redis, wanted);
    found.push({ kind, seatNo, redis, expected: wanted, why, ...order });
  }
  return found;
}

const WHY = {
  not_sold: 'an order has it sold',
  sold_unclaimed: 'Redis calls it sold and no order has it',
  not_reserved: 'an order that waits for its money has it',
  block_missing: 'it is blocked in Postgres',
  block_unknown: 'no block of it is in Postgres',
  hold_missing: 'a hold has it',
  hold_unknown: 'no hold has it',
  hold_unindexed: 'its hold is in no index, nobody would end it',
  map: 'the map has no such letter',
} as const;

/** The worst first: what is sold goes before what is held. */
function nameSeat(redis: string, expected: string): readonly [SeatDrift['kind'], string] {
  const kind = ((): keyof typeof WHY => {
    if (expected === 's') return 'not_sold';
    if (redis === 's') return 'sold_unclaimed';
    if (!'ahrb'.includes(redis) || redis === '' || expected === '') return 'map';
    if (expected === 'r') return 'not_reserved';
    if (expected === 'b') return 'block_missing';
    if (redis === 'b') return expected === 'h' ? 'hold_missing' : 'block_unknown';
    return expected === 'h' ? 'hold_missing' : 'hold_unknown';
  })();
  return [kind, WHY[kind]];
}

const AREA_COUNTS = ['capacity', 'held', 'reserved', 'sold', 'blocked'] as const;
const UNINDEXED_AREA = 'a hold of its places is in no index, nobody would end it';
const NO_AREA: AreaPlaces = { capacity: 0, held: 0, reserved: 0, sold: 0, blocked: 0 };

function areaDrift(live: LivePlaces, expected: ExpectedPlaces, excused: Excused): AreaDrift[] {
  const most = Math.max(live.areas.length, expected.areas.length);
  return Array.from({ length: most }, (_, areaNo) => areaNo).flatMap((areaNo): AreaDrift[] => {
    const redis = live.areas[areaNo] ?? NO_AREA;
    const wanted = expected.areas[areaNo] ?? NO_AREA;
    const different = AREA_COUNTS.filter((count) => redis[count] !== wanted[count]);
    const unindexed = different.length === 0 && live.unindexedAreas?.has(areaNo) === true;
    if ((different.length === 0 && !unindexed) || excused.areas.has(areaNo)) return [];
    const kind = different.includes('sold') ? 'area_sold' : 'area';
    const why = unindexed ? UNINDEXED_AREA : `its places ${different.join(', ')} differ`;
    return [{ kind, areaNo, redis, expected: wanted, why }];
  });
}

const CATEGORY_COUNTS = ['total', 'sold', 'pending', 'available'] as const;
const NO_CATEGORY: CategoryPlaces = { total: 0, sold: 0, pending: 0, available: 0 };
const sameCounts = (a: CategoryPlaces, b: CategoryPlaces): boolean =>
  CATEGORY_COUNTS.every((count) => a[count] === b[count]);

/** I4, from what Redis has alone: exact whatever goes on, because it was read in one go. */
function inventoryDrift(chart: PlacesOfChart, live: LivePlaces): InventoryDrift[] {
  return recount(chart, live).flatMap((expected, catNo): InventoryDrift[] => {
    const category = chart.categoryKeys[catNo] ?? '';
    const redis = live.inventory.get(category) ?? NO_CATEGORY;
    if (sameCounts(redis, expected)) return [];
    return [{ kind: 'inventory', category, redis, expected, why: 'its places add up to something else' }];
  });
}

function categoryDifferences(live: LivePlaces, expected: ExpectedPlaces): CategoryDifference[] {
  return expected.categories.flatMap(({ key, total, sold, pending, available }) => {
    const wanted = { total, sold, pending, available };
    const redis = live.inventory.get(key) ?? NO_CATEGORY;
    return sameCounts(redis, wanted) ? [] : [{ category: key, redis, expected: wanted }];
  });
}

function recount(chart: PlacesOfChart, { letters, areas }: LivePlaces): CategoryPlaces[] {
  const counts = chart.categoryKeys.map(() => ({ total: 0, sold: 0, pending: 0, available: 0 }));
  for (let seatNo = 0; seatNo < letters.length; seatNo++) {
    const count = counts[chart.seatCategory[seatNo] ?? -1];
    const letter = letters[seatNo];
    if (count === undefined || letter === 'b') continue;
    count.total++;
    if (letter === 's') count.sold++;
    else if (letter === 'a') count.available++;
    else count.pending++;
  }
  areas.forEach(({ capacity, held, reserved, sold, blocked }, areaNo) => {
    const count = counts[chart.areaCategory[areaNo] ?? -1];
    if (count === undefined) return;
    count.total += capacity - blocked;
    count.sold += sold;
    count.pending += held + reserved;
    count.available += capacity - held - reserved - sold - blocked;
  });
  return counts;
}

/**
 * The same finding has the same key round after round. Of counts it is by how much they are out: that stays while buyers go on.
 */
export function driftKey(drift: PlaceDrift): string {
  if ('seatNo' in drift) return `${drift.kind} ${drift.seatNo} ${drift.redis}>${drift.expected}`;
  if ('areaNo' in drift) return `${drift.kind} ${drift.areaNo} ${out(AREA_COUNTS, drift.redis, drift.expected)}`;
  return `${drift.kind} ${drift.category} ${out(CATEGORY_COUNTS, drift.redis, drift.expected)}`;
}
const out = <K extends string>(counts: readonly K[], a: Readonly<Record<K, number>>, b: Readonly<Record<K, number>>) =>
  counts.map((count) => a[count] - b[count]).join(',');

/** Those that an earlier round found too: what one round saw alone was on its way. */
export function foundAgain(before: readonly PlaceDrift[], now: readonly PlaceDrift[]): PlaceDrift[] {
  const known = new Set(before.map(driftKey));
  return now.filter((drift) => known.has(driftKey(drift)));
}

/** How many of each kind, none left out. */
export function countKinds(places: readonly PlaceDrift[]): Record<DriftKind, number> {
  const counts = Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as Record<DriftKind, number>;
  for (const { kind } of places) counts[kind]++;
  return counts;
}
