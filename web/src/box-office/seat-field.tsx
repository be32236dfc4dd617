import { defineSeatMap } from '@aisle/client/picker';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useDesk } from './desk.js';

defineSeatMap();

export interface SeatFieldProps {
  /** Standings that can be chosen: "available", "blocked". */
  readonly selectable: string;
  /** Ids of the seats that are chosen. The map follows a list that others change. */
  readonly chosen: readonly string[];
  readonly onChoose: (ids: readonly string[]) => void;
  readonly label: string;
}

/** The live map to choose seats on: holds nothing by itself. */
export function SeatField({ selectable, chosen, onChoose, label }: SeatFieldProps): VNode {
  const { event, clerk } = useDesk();
  const place = useRef<HTMLDivElement>(null);
  const map = useRef<HTMLElementTagNameMap['aisle-seat-map'] | null>(null);
  const latest = useRef({ onChoose, chosen });
  latest.current = { onChoose, chosen };
  useEffect(() => {
    const made = document.createElement('aisle-seat-map');
    made.className = 'seat-map';
    made.lang = 'en';
    made.event = event.id;
    made.mode = 'select';
    made.selectable = selectable;
    made.getToken = () => clerk.key;
    const chose = ({ detail }: HTMLElementEventMap['aisle-select']): void => {
      // The list that it was given is no choice of anybody's.
      if (same(detail.seats, latest.current.chosen)) return;
      latest.current.chosen = detail.seats;
      latest.current.onChoose(detail.seats);
    };
    made.addEventListener('aisle-select', chose);
    made.select(latest.current.chosen);
    place.current?.append(made);
    map.current = made;
    return () => {
      made.remove();
      map.current = null;
    };
  }, [event.id, clerk.key, selectable]);
  // With the drawing, not after it: a press between the two would be answered by the list before it, that by the press, for ever.
  useLayoutEffect(() => {
    const { current } = map;
    if (current === null || same(current.selection, chosen)) return;
    current.select(chosen);
  }, [chosen]);
  return <div ref={place} class="seat-field" role="group" aria-label={label} />;
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && new Set([...a, ...b]).size === a.length;
