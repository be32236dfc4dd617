import type { Chart, Order, SeatEvent } from '@aisle/client/protocol';
import { useQuery } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { getJson } from '../shared/api.js';
import { money } from '../shared/format.js';
import { ActionButton, ErrorNote } from '../shared/ui.js';
import { QrCode } from '../shop/qr-code.js';
import { Names } from './names.js';
import { printTickets } from './print.js';
import { moment } from './times.js';
import type { Visitor } from './visitor.js';

const SHOWN_S = 30;

/** The tickets, or the way to the counter; then the next buyer's turn. */
export function KioskDone(props: {
  event: SeatEvent;
  visitor: Visitor;
  orders: readonly Order[];
  paid: boolean;
  onEnd: () => void;
}): VNode {
  const { event, visitor, orders, paid, onEnd } = props;
  const left = useCountdown(SHOWN_S, onEnd);
  const [error, setError] = useState<unknown>(undefined);
  const chart = useQuery({
    queryKey: ['chart', event.id, event.chartVersion],
    queryFn: () => getJson<Chart>(`/v1/events/${encodeURIComponent(event.id)}/chart`),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const names = useMemo(() => (chart.data === undefined ? undefined : new Names(chart.data)), [chart.data]);
  const print = async (): Promise<void> => {
    setError(undefined);
    try {
      for (const { id } of orders) await printTickets(id, await visitor.token());
    } catch (failure) {
      setError(failure);
    }
  };
  useEffect(() => {
    // On the way to the counter the order is to stay.
    visitor.owes([]);
    if (paid) void print();
  }, []);
  const total = orders.reduce((sum, { totalMinor }) => sum + totalMinor, 0);
  const [first] = orders;
  return (
    <div class="kiosk-done" data-orders={orders.map(({ id }) => id).join(' ')}>
      <div role="status">
        <h2>{paid ? 'Thank you! Take your tickets.' : `Please pay ${money(total, event.currency)} at the counter.`}</h2>
      </div>
      <ul class="lines">
        {orders
          .flatMap(({ items }) => names?.lines(items) ?? [])
          .map(({ key, text, quantity }) => (
            <li key={key}>
              <span class="line-place">{text}</span>
              <span>{quantity > 1 ? `× ${String(quantity)}` : ''}</span>
            </li>
          ))}
      </ul>
      {paid ? (
        <ActionButton class="button primary big" act={print}>
          Print again
        </ActionButton>
      ) : first === undefined ? null : (
        <div class="to-counter">
          {orders.map(({ id }) => (
            <QrCode key={id} code={id} label="Your order, for the counter" />
          ))}
          <p>
            Show this at the counter, or say your seats.
            {first.expiresAt === undefined ? '' : ` They are kept until ${moment(first.expiresAt)}.`}
          </p>
        </div>
      )}
      {error === undefined ? null : <ErrorNote error={error} />}
      <button type="button" class="button big" onClick={onEnd}>
        Done <span class="hint">starts over in {left} s</span>
      </button>
    </div>
  );
}

function useCountdown(seconds: number, onEnd: () => void): number {
  const [endsAt] = useState(() => performance.now() + seconds * 1000);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => {
      const now = Math.ceil((endsAt - performance.now()) / 1000);
      setLeft(Math.max(0, now));
      if (now <= 0) onEnd();
    }, 500);
    return () => clearInterval(timer);
  }, [endsAt, onEnd]);
  return left;
}
