import type { Order } from '@aisle/client/protocol';
import { useQuery } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { money, plural } from '../shared/format.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { useDesk, useReach, type Desk } from './desk.js';
import { findPlaces } from './find-seats.js';
import { orderWords } from './order-words.js';
import { moment } from './times.js';

interface OrderPage {
  readonly items: readonly Order[];
}
const SHOWN = 50;
const TYPING_MS = 250;

/** Finds an order by what the person in front of the counter has: a name, a code, a seat, a number. */
export function Orders(): VNode {
  const desk = useDesk();
  const { up, why } = useReach();
  const [text, setText] = useState('');
  const settled = useSettled(text.trim());
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const [, go] = useLocation();
  const found = useQuery({
    queryKey: ['orders', desk.event.id, settled],
    queryFn: () => findOrders(desk, settled),
    placeholderData: (former) => former,
  });
  const { data, error } = found;
  // What is on the screen may still be the answer to other words.
  const isAnswer = settled === text.trim() && !found.isPlaceholderData;
  const only = data?.length === 1 && settled !== '' && isAnswer ? data[0] : undefined;
  return (
    <div class="page-list">
      <form
        class="search"
        role="search"
        onSubmit={(submit) => {
          submit.preventDefault();
          if (only !== undefined) go(`/orders/${only.id}`);
        }}
      >
        <label for="find">Find an order</label>
        <input
          id="find"
          ref={input}
          type="search"
          autocomplete="off"
          spellcheck={false}
          placeholder="Name, e-mail, seat or code"
          aria-describedby="find-hint"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <p id="find-hint" class="hint">
          Part of a name is enough. Seats as C 12 or stalls C 12. A scanned code finds its order.
          {why === undefined ? '' : ` ${why}: only what was found before can be shown.`}
        </p>
      </form>
      {error === null || !up ? null : <ErrorNote error={error} retry={() => void found.refetch()} />}
      {data === undefined && error === null ? <Busy text="Looking…" /> : null}
      <h2>{settled === '' ? 'Latest' : found.isPlaceholderData ? 'Looking…' : plural(data?.length ?? 0, 'order')}</h2>
      {data?.length === 0 && settled !== '' ? (
        <p class="notice">Nothing found. Try another spelling, the e-mail, or the seat.</p>
      ) : null}
      <ul class="order-list" aria-busy={found.isPlaceholderData}>
        {(data ?? []).slice(0, SHOWN).map((order) => (
          <OrderRow key={order.id} order={order} />
        ))}
      </ul>
    </div>
  );
}

function OrderRow({ order }: { order: Order }): VNode {
  const { names } = useDesk();
  const { label, tone } = orderWords(order.status);
  const name = order.buyer?.name ?? order.buyer?.email;
  const places = names
    .lines(order.items)
    .map(({ text, quantity, item }) => (item.area === undefined ? text : `${text} × ${quantity}`));
  return (
    <li>
      <a class="order-row" href={`#/orders/${order.id}`}>
        <strong>{name ?? places.join('; ')}</strong>
        <span class="order-places">{name === undefined ? 'Without a name' : places.join('; ')}</span>
        <span class="order-meta">
          {moment(order.createdAt)} · {money(order.totalMinor, order.currency)}
        </span>
        <span class="badge" data-tone={tone}>
          {label}
        </span>
      </a>
    </li>
  );
}

async function findOrders({ call, event, chart }: Desk, text: string): Promise<readonly Order[]> {
  const ask = async (query: Record<string, string | number>): Promise<readonly Order[]> =>
    (await call<OrderPage>('GET', '/v1/orders', { query })).items;
  if (text === '') {
    return ask({ eventId: event.id, order: 'newest', limit: SHOWN });
  }
  if (/^AT\d\./.test(text)) return ask({ code: text });
  const seats = findPlaces(chart, text);
  const answers = await Promise.all([
    ...seats.map((seat) => ask({ eventId: event.id, seat, limit: SHOWN })),
    ask({ eventId: event.id, q: text.slice(0, 200), limit: SHOWN }),
  ]);
  return [...new Map(answers.flat().map((order) => [order.id, order])).values()];
}

/** What was typed, once the typing pauses. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
