import { QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/preact-query';
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { Fault } from '@aisle/client/protocol';
import { newRequestId } from '../../../../client-sdk/src/request-id.js';
import { ApiError, type CallOptions } from '../../shared/api.js';
import { useStaff } from './session.js';

type Query = CallOptions['query'];

/** Reads that fail are shown, with a button; only what polls asks again by itself. */
export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: { queries: { retry: false, networkMode: 'always', staleTime: 1000, refetchOnWindowFocus: true } },
  });

interface ReadOptions {
  readonly query?: Query;
  /** Asks again this often while the page is looked at. */
  readonly everyMs?: number;
  readonly enabled?: boolean;
  readonly timeoutMs?: number;
}

/** What GET answers, kept and shared by address. */
export function useRead<T>(path: string, options: ReadOptions = {}) {
  const { call } = useStaff();
  const { query, everyMs, enabled = true, timeoutMs } = options;
  return useQuery({
    queryKey: [path, query ?? {}],
    queryFn: ({ signal }) => call<T>('GET', path, { query, signal, timeoutMs }),
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** A list that is longer than a page: `items` of all pages so far. */
export function usePages<T>(path: string, options: ReadOptions = {}) {
  const { call } = useStaff();
  const { query = {}, everyMs, enabled = true } = options;
  const pages = useInfiniteQuery({
    queryKey: [path, query, 'pages'],
    queryFn: ({ signal, pageParam }) =>
      call<Page<T>>('GET', path, { query: { ...query, cursor: pageParam ?? undefined }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor ?? null,
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
  return { ...pages, items: pages.data?.pages.flatMap(({ items }) => [...items]) };
}

/** Everything that was read from an address that begins so is asked for again. */
export function useRefresh(): (prefix: string) => Promise<void> {
  const client = useQueryClient();
  return useCallback(
    (prefix) => client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith(prefix) }),
    [client],
  );
}

/** Something done by pressing: what went wrong stays until the next try. The action's own result, or undefined. */
export function useAction(): {
  error: unknown;
  clear: () => void;
  run: <T>(action: () => Promise<T>) => Promise<T | undefined>;
} {
  const [error, setError] = useState<unknown>(undefined);
  const clear = useCallback(() => setError(undefined), []);
  const run = useCallback(async <T>(action: () => Promise<T>): Promise<T | undefined> => {
    setError(undefined);
    try {
      return await action();
    } catch (thrown) {
      setError(thrown);
      return undefined;
    }
  }, []);
  return { error, clear, run };
}

/** An Idempotency-Key that stays over the tries of one purpose; `renew` once it was carried out or changed. */
export function useRequestKey(): { key: string; renew: () => void } {
  const [key, setKey] = useState(newRequestId);
  return { key, renew: useCallback(() => setKey(newRequestId()), []) };
}

/** The same for as long as what is sent is the same: other content is another purpose, and gets no answer to what was sent before. */
export const useKeyOf = (...content: readonly unknown[]): string => useMemo(newRequestId, content);

/** The fields that the server names, by path. */
export function faultsOf(error: unknown): Readonly<Record<string, string>> {
  const faults = error instanceof ApiError ? error.details.details?.faults : undefined;
  if (!Array.isArray(faults)) return {};
  return Object.fromEntries((faults as Fault[]).map(({ path, message }) => [path, sentence(message)]));
}

export const sentence = (text: string): string => {
  const big = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(big) ? big : `${big}.`;
};
