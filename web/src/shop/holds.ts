import { useQuery, type UseQueryResult } from '@tanstack/preact-query';
import type { Hold, HoldItem } from '@aisle/client/protocol';
import { mine } from './guest.js';

const FOLLOW_MS = 10_000;

export interface MyHold extends Hold {
  /** performance.now() at which it ends: counted from when the question left, so never later than the server's deadline. */
  readonly endsAt: number;
}

/** What this buyer holds of the event, held or reserved by an order; with monotonic deadlines. */
export const useHolds = (eventId: string | undefined): UseQueryResult<readonly MyHold[]> =>
  useQuery({
    queryKey: ['holds', eventId],
    enabled: eventId !== undefined,
    refetchInterval: FOLLOW_MS,
    // A hold that became an order is another page's business already.
    staleTime: 0,
    // Coming back to the page is when the time left is wanted; a machine may have slept.
    refetchOnWindowFocus: 'always',
    queryFn: async () => {
      const sentAt = performance.now();
      const { items } = await mine<{ items: Hold[] }>('GET', '/v1/inventory/holds', { query: { eventId } });
      return items.map((hold) => ({ ...hold, endsAt: sentAt + hold.expiresInMs }));
    },
  });

export const priceOf = ({ quantity, unitMinor, feeMinor, taxMinor }: HoldItem): number =>
  quantity * (unitMinor + feeMinor + taxMinor);
export const totalOf = (items: readonly HoldItem[]): number => items.reduce((sum, item) => sum + priceOf(item), 0);
