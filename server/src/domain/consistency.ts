import type { AreaCounts } from './replay.js';

/** What Postgres claims for orders, and what of it Redis may not have been told yet. */
export interface ClaimedPlaces {
  readonly seats: readonly { readonly seatNo: number; readonly orderId: string; readonly state: 'reserved' | 'sold' }[];
  readonly areas: readonly { readonly areaNo: number; readonly claimed: number; readonly sold: number }[];
  /** Orders with an effect still open, or changed within the last seconds: not judged yet. */
  readonly unsettled: ReadonlySet<string>;
}
/**
 * not_sold: Postgres sold it, Redis shows something else: Postgres wins, it is put right. sold_unclaimed: Redis shows it sold and
 * no order has it: never freed by itself (Postgres may have gone back in time, SPEC R3), the operator is told.
 * area_sold: an area's sold places differ.
 */
export type Difference =
  | { readonly kind: 'not_sold'; readonly seatNo: number; readonly orderId: string; readonly letter: string }
  | { readonly kind: 'sold_unclaimed'; readonly seatNo: number }
  | { readonly kind: 'area_sold'; readonly areaNo: number; readonly redis: number; readonly postgres: number };

/**
 * Each order's places against the map (SPEC L5). Redis and Postgres are read one after the other, so a single finding may be
 * a change that went by in between: only what is found again in the next round counts.
 */
export function compareClaims(letters: string, areas: readonly AreaCounts[], claimed: ClaimedPlaces): Difference[] {
  const differences: Difference[] = [];
  const sold = new Set<number>();
  for (const { seatNo, orderId, state } of claimed.seats) {
    if (state !== 'sold') continue;
    sold.add(seatNo);
    const letter = letters[seatNo] ?? '';
    if (letter !== 's' && !claimed.unsettled.has(orderId))
      differences.push({ kind: 'not_sold', seatNo, orderId, letter });
  }
  for (let seatNo = 0; seatNo < letters.length; seatNo++) {
    if (letters[seatNo] === 's' && !sold.has(seatNo)) differences.push({ kind: 'sold_unclaimed', seatNo });
  }
  // Sums do not tell whose places they are: only where every order is settled.
  if (claimed.unsettled.size === 0) {
    const inPostgres = new Map(claimed.areas.map((area) => [area.areaNo, area.sold]));
    areas.forEach((area, areaNo) => {
      const postgres = inPostgres.get(areaNo) ?? 0;
      if (area.sold !== postgres) differences.push({ kind: 'area_sold', areaNo, redis: area.sold, postgres });
    });
  }
  return differences;
}

export const differenceKey = (difference: Difference): string => JSON.stringify(difference);
