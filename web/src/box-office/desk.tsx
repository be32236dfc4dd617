import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { useQuery, useQueryClient } from '@tanstack/preact-query';
import { createContext, type ComponentChildren, type VNode } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, call, type CallOptions } from '../shared/api.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { Board, type BoardState } from './board.js';
import { isStaff, type Clerk } from './clerk.js';
import { Names } from './names.js';

export type DeskCall = <T>(method: string, path: string, options?: Omit<CallOptions, 'token'>) => Promise<T>;

/** What every screen of the counter works with. */
export interface Desk {
  readonly clerk: Clerk;
  readonly staff: boolean;
  readonly terminal: string;
  readonly event: SeatEvent;
  readonly chart: Chart;
  readonly names: Names;
  readonly board: Board;
  /** With the clerk's key; a refused key signs out, with words. */
  readonly call: DeskCall;
  readonly signOut: (words?: string) => void;
}

const DeskContext = createContext<Desk | null>(null);
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('useDesk is for what is inside of a DeskProvider');
  return desk;
}

/** How the server can be heard, and what is left: follows the board. */
export function useBoard(): BoardState {
  const { board } = useDesk();
  return useBoardState(board);
}

function useBoardState(board: Board): BoardState {
  const [state, setState] = useState(board.state);
  useEffect(() => {
    setState(board.state);
    return board.subscribe(() => setState(board.state));
  }, [board]);
  return state;
}

/** The server can be asked to do something. `why` says why not, for the button that cannot be pressed. */
export function useReach(): { readonly up: boolean; readonly why: string | undefined } {
  const { link } = useBoard();
  return link === 'offline' ? { up: false, why: 'Needs the connection' } : { up: true, why: undefined };
}

const REVOKED = 'This key is not accepted any more: it was revoked or its time is over. Sign in with another one.';

export function DeskProvider(props: {
  clerk: Clerk;
  eventId: string;
  terminal: string;
  onSignOut: (words?: string) => void;
  onLeaveEvent: () => void;
  children: ComponentChildren;
}): VNode {
  const { clerk, eventId, terminal, onSignOut } = props;
  const board = useMemo(() => new Board(eventId, clerk.key, () => onSignOut(REVOKED)), [eventId, clerk.key]);
  useEffect(() => () => board.close(), [board]);
  const deskCall = useMemo<DeskCall>(
    () => async (method, path, options) => {
      try {
        const answer = await call<never>(method, path, { ...options, token: clerk.key });
        board.heard(true);
        return answer;
      } catch (error) {
        if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') onSignOut(REVOKED);
        board.heard(!(error instanceof ApiError && error.code === 'OFFLINE'));
        throw error;
      }
    },
    [clerk.key, board],
  );
  const { event, chart, retry } = useHouse(eventId, deskCall, board);
  const names = useMemo(() => (chart.data === undefined ? null : new Names(chart.data)), [chart.data]);
  if (event.data === undefined || chart.data === undefined || names === null) {
    const error = event.error ?? chart.error;
    if (error === null) return <Busy text="Opening the box office…" />;
    return (
      <main class="desk-alone">
        <ErrorNote error={error} retry={retry} />
        <button type="button" class="button" onClick={props.onLeaveEvent}>
          Choose another event
        </button>
      </main>
    );
  }
  const desk: Desk = {
    ...{ clerk, staff: isStaff(clerk), terminal, board, call: deskCall, signOut: onSignOut },
    ...{ event: event.data, chart: chart.data, names },
  };
  return <DeskContext.Provider value={desk}>{props.children}</DeskContext.Provider>;
}

/** The event and its chart. Read again when the board tells of another status; what was read stays when that fails. */
function useHouse(eventId: string, deskCall: DeskCall, board: Board) {
  const queries = useQueryClient();
  const path = `/v1/events/${encodeURIComponent(eventId)}`;
  const { status, link } = useBoardState(board);
  const event = useQuery({ queryKey: ['event', eventId], queryFn: () => deskCall<SeatEvent>('GET', path) });
  const chartVersion = event.data?.chartVersion;
  const chart = useQuery({
    queryKey: ['chart', eventId, chartVersion],
    queryFn: () => deskCall<Chart>('GET', `${path}/chart`),
    enabled: chartVersion !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    // Prices may have changed while nobody could tell us.
    if (status !== null && link === 'live') void queries.invalidateQueries({ queryKey: ['event', eventId] });
  }, [status, link]);
  const retry = (): void => void queries.invalidateQueries();
  return { event, chart, retry };
}
