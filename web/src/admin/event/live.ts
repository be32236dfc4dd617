import type { InventoryView, Statistics } from '@aisle/client/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useRead } from '../kit/data.js';

/** GET /v1/events/{id}/live */
export interface LiveView {
  readonly eventId: string;
  readonly at: string;
  readonly viewers: number;
  readonly holds: number;
  readonly heldPlaces: number;
  readonly reservedPlaces: number;
  /** Sold places ÷ places ever held; null before the first. */
  readonly holdToSale: number | null;
  readonly sections: readonly SectionLive[];
  readonly topHolders: readonly TopHolder[];
}
export interface SectionLive {
  readonly key: string;
  readonly total: number;
  readonly available: number;
  readonly held: number;
  readonly reserved: number;
  readonly sold: number;
  readonly blocked: number;
}
export interface TopHolder {
  readonly subject: string;
  readonly holds: number;
  readonly places: number;
  readonly since: string;
}

const EVERY_MS = 2000;
/** Two rounds and a bit: one slow answer is no alarm. */
const STALE_AFTER_MS = 7000;

export interface Figures {
  readonly statistics: Statistics | undefined;
  readonly live: LiveView | undefined;
  readonly inventory: InventoryView | undefined;
  readonly error: unknown;
  /** When the oldest of what is shown was asked for; undefined before the first. */
  readonly asOf: number | undefined;
  readonly stale: boolean;
  readonly retry: () => void;
}

/** All figures of an event, following by themselves; `stale` as soon as one of them cannot. */
export function useFigures(eventId: string, minutes: number, enabled: boolean): Figures {
  const path = `/v1/events/${eventId}`;
  const poll = { everyMs: EVERY_MS, enabled };
  const statistics = useRead<Statistics>(`${path}/statistics`, { ...poll, query: { minutes } });
  const live = useRead<LiveView>(`${path}/live`, poll);
  const inventory = useRead<InventoryView>(`${path}/inventory`, poll);
  const now = useNow(1000);
  const reads = [statistics, live, inventory];
  const times = reads.map(({ dataUpdatedAt }) => dataUpdatedAt).filter((at) => at > 0);
  const asOf = times.length === 0 ? undefined : Math.min(...times);
  return {
    ...{ statistics: statistics.data, live: live.data, inventory: inventory.data, asOf },
    error: reads.find(({ error }) => error !== null)?.error ?? undefined,
    stale: reads.some(({ isError }) => isError) || (asOf !== undefined && now - asOf > STALE_AFTER_MS),
    retry: () => reads.forEach(({ refetch }) => void refetch()),
  };
}

function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
