import type { InventoryView, LiveView, Statistics } from '@aisle/client/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useRead } from '../kit/data.js';

export type SectionLive = LiveView['sections'][number];
export type TopHolder = LiveView['topHolders'][number];

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
