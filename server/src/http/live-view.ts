import type { LiveView } from '@aisle/client/protocol';
import { categoryStatistics } from '../db/log/statistics.js';
import type { CompiledChart } from '../domain/chart/model.js';
import type { LiveEvent } from '../domain/event.js';
import type { HolderRow } from '../domain/ports/live.js';
import type { HttpDeps } from './deps.js';

/** However many look at the sale, an event is read once in this time on a node. */
const FRESH_MS = 1000;
/** Reading all holders may take at most this share of the time: with 20,000 holds they are some seconds old. */
const HOLDERS_SHARE = 1 / 20;
const TOP_HOLDERS = 10;
const FORGET_MS = 60_000;

type Deps = Pick<HttpDeps, 'feed' | 'live' | 'sql' | 'logger'>;
type Section = LiveView['sections'][number];
type Count = keyof Omit<Section, 'key' | 'total'>;
const COUNT_OF: Readonly<Record<string, Count>> = {
  a: 'available',
  h: 'held',
  r: 'reserved',
  s: 'sold',
  b: 'blocked',
};

interface Slot {
  atMs: number;
  view: Promise<LiveView> | null;
  holders: { atMs: number; tookMs: number; top: LiveView['topHolders'] } | null;
  holdToSale: number | null;
}

/** The sale of an event as it is now, for the screens of those who run it. Times by performance.now(). */
export class LiveViews {
  readonly #slots = new Map<string, Slot>();

  constructor(private readonly deps: Deps) {}

  /** Throws AisleError UNAVAILABLE where Redis is away. */
  view(live: LiveEvent): Promise<LiveView> {
    const now = performance.now();
    const eventId = live.event.id;
    const slot = this.#slots.get(eventId) ?? this.#add(eventId, now);
    if (slot.view !== null && now - slot.atMs < FRESH_MS) return slot.view;
    const view = this.#read(live, slot);
    Object.assign(slot, { atMs: now, view });
    // What failed is asked anew by the next who comes.
    view.catch(() => {
      if (slot.view === view) slot.view = null;
    });
    return view;
  }

  #add(eventId: string, now: number): Slot {
    for (const [old, { atMs }] of this.#slots) if (now - atMs > FORGET_MS) this.#slots.delete(old);
    const slot: Slot = { atMs: now, view: null, holders: null, holdToSale: null };
    this.#slots.set(eventId, slot);
    return slot;
  }

  async #read(live: LiveEvent, slot: Slot): Promise<LiveView> {
    const { feed, live: reads } = this.deps;
    const eventId = live.event.id;
    const at = new Date().toISOString();
    if (live.epoch === 0) return { ...NOTHING, eventId, at, sections: sectionsOf(live.chart, null, []) };
    const [map, areas, viewers, holds, topHolders] = await Promise.all([
      feed.letters(eventId, false),
      reads.areas(eventId, live.chart.areaCount),
      reads.viewers(eventId),
      reads.holds(eventId),
      this.#topHolders(eventId, slot),
      this.#holdToSale(eventId, slot),
    ]);
    const sections = sectionsOf(live.chart, map.letters, areas);
    const sum = (count: Count): number => sections.reduce((all, section) => all + section[count], 0);
    return {
      ...{ eventId, at, viewers, holds, heldPlaces: sum('held'), reservedPlaces: sum('reserved') },
      ...{ holdToSale: slot.holdToSale, sections, topHolders },
    };
  }

  async #topHolders(eventId: string, slot: Slot): Promise<LiveView['topHolders']> {
    const { holders } = slot;
    const beganMs = performance.now();
    if (holders !== null && beganMs - holders.atMs < holders.tookMs / HOLDERS_SHARE) return holders.top;
    const top = topOf(await this.deps.live.holders(eventId));
    slot.holders = { atMs: beganMs, tookMs: performance.now() - beganMs, top };
    return top;
  }

  /** Follows the log within moments. While Postgres is away it is as it was. */
  async #holdToSale(eventId: string, slot: Slot): Promise<void> {
    try {
      const rows = await categoryStatistics(this.deps.sql, eventId);
      const sum = (of: 'quantityHeld' | 'quantitySold'): number => rows.reduce((all, row) => all + row[of], 0);
      const held = sum('quantityHeld');
      // What was imported was sold without ever being held.
      slot.holdToSale = held === 0 ? null : Math.min(1, Math.max(0, sum('quantitySold') / held));
    } catch (error) {
      this.deps.logger.debug({ err: error, eventId }, 'statistics unknown');
    }
  }
}

const NOTHING = { viewers: 0, holds: 0, heldPlaces: 0, reservedPlaces: 0, holdToSale: null, topHolders: [] };

function topOf(rows: readonly HolderRow[]): LiveView['topHolders'] {
  const bySubject = new Map<string, { holds: number; places: number; sinceMs: number }>();
  for (const { subject, places, sinceMs } of rows) {
    const known = bySubject.get(subject) ?? { holds: 0, places: 0, sinceMs: Infinity };
    bySubject.set(subject, {
      holds: known.holds + 1,
      places: known.places + places,
      sinceMs: Math.min(known.sinceMs, sinceMs),
    });
  }
  return [...bySubject]
    .sort(([, a], [, b]) => b.places - a.places || a.sinceMs - b.sinceMs)
    .slice(0, TOP_HOLDERS)
    .map(([subject, { holds, places, sinceMs }]) => ({
      ...{ subject, holds, places, since: new Date(sinceMs).toISOString() },
    }));
}

/** Which section each seat and area is in, worked out once a chart: 200,000 look-ups by text each second would be felt. */
interface Sections {
  readonly keys: readonly string[];
  readonly seats: Uint16Array;
  readonly areas: Uint16Array;
}
const known = new WeakMap<CompiledChart, Sections>();
function sectionsIn(compiled: CompiledChart): Sections {
  const found = known.get(compiled);
  if (found !== undefined) return found;
  const { chart } = compiled;
  const keys = [...chart.sections.map(({ key }) => key), ''];
  const numbers = new Map(keys.map((key, index) => [key, index]));
  const numberOf = ({ section = '' }: { readonly section?: string | undefined }): number => numbers.get(section) ?? 0;
  const sections = {
    keys,
    seats: Uint16Array.from(chart.seats, numberOf),
    areas: Uint16Array.from(chart.areas, numberOf),
  };
  known.set(compiled, sections);
  return sections;
}

/** `letters` null: nothing was ever sold or held. Sections without a place are left out. */
function sectionsOf(
  compiled: CompiledChart,
  letters: Uint8Array | null,
  areas: readonly Readonly<Record<Exclude<Count, 'available'>, number>>[],
): Section[] {
  const { keys, seats, areas: areaSections } = sectionsIn(compiled);
  const sections = keys.map((key) => ({
    ...{ key, total: 0, available: 0, held: 0, reserved: 0, sold: 0, blocked: 0 },
  }));
  const countOf: (Count | undefined)[] = [];
  for (const [letter, count] of Object.entries(COUNT_OF)) countOf[letter.charCodeAt(0)] = count;
  seats.forEach((number, seatNo) => {
    const section = sections[number];
    if (section === undefined) return;
    section.total++;
    section[countOf[letters?.[seatNo] ?? 0] ?? 'available']++;
  });
  areaSections.forEach((number, areaNo) => {
    const section = sections[number];
    if (section === undefined) return;
    const capacity = compiled.areaCapacity[areaNo] ?? 0;
    const { held, reserved, sold, blocked } = areas[areaNo] ?? { held: 0, reserved: 0, sold: 0, blocked: 0 };
    section.total += capacity;
    section.held += held;
    section.reserved += reserved;
    section.sold += sold;
    section.blocked += blocked;
    section.available += capacity - held - reserved - sold - blocked;
  });
  return sections.filter(({ total }) => total > 0);
}
