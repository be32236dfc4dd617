import { useQuery } from '@tanstack/preact-query';
import type { Chart, HoldItem, SeatEvent } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { loadMessages } from '../../../client-sdk/src/picker/messages/index.js';
import { PlaceNames } from '../../../client-sdk/src/picker/messages/place-names.js';
import { getJson } from '../shared/api.js';
import { money } from '../shared/format.js';
import { priceOf, totalOf } from './holds.js';

/** What people call the places of this event; undefined until its chart is here. */
export function useNames(eventId: string | undefined): { names: PlaceNames; chart: Chart } | undefined {
  const [names, setNames] = useState<{ names: PlaceNames; chart: Chart }>();
  const chart = useQuery({
    queryKey: ['chart', eventId],
    enabled: eventId !== undefined,
    staleTime: Infinity,
    queryFn: () => getJson<Chart>(`/v1/events/${encodeURIComponent(eventId ?? '')}/chart`),
  }).data;
  useEffect(() => {
    if (chart === undefined) return;
    void loadMessages('en').then(({ places }) => setNames({ names: new PlaceNames(chart, places), chart }));
  }, [chart]);
  return names;
}

interface LinesProps {
  readonly event: SeatEvent;
  readonly items: readonly HoldItem[];
}

/** Places with their prices, fees and tax as the server counts them, and what they come to. */
export function Lines({ event, items }: LinesProps): VNode {
  const known = useNames(event.id);
  const extra = items.reduce((sum, { quantity, feeMinor, taxMinor }) => sum + quantity * (feeMinor + taxMinor), 0);
  return (
    <div class="lines">
      <ul aria-label="Places">
        {items.map((item) => (
          <Line
            key={`${item.seat ?? item.area ?? ''} ${item.ticketType ?? ''}`}
            event={event}
            item={item}
            known={known}
          />
        ))}
      </ul>
      {extra === 0 ? null : (
        <p class="quiet sum">
          <span>Fees and tax, included</span>
          <span>{money(extra, event.currency)}</span>
        </p>
      )}
      <p class="sum total">
        <span>Total</span>
        <strong>{money(totalOf(items), event.currency)}</strong>
      </p>
    </div>
  );
}

function Line(props: { event: SeatEvent; item: HoldItem; known: ReturnType<typeof useNames> }): VNode {
  const { event, item, known } = props;
  const name = known?.names.place(item.seat ?? item.area ?? '');
  const category = known?.chart.categories.find(({ key }) => key === item.category)?.label;
  const price = event.prices[item.category];
  const type =
    typeof price === 'object' ? price.ticketTypes.find(({ key }) => key === item.ticketType)?.label : undefined;
  const detail = [name?.detail, category, type].filter((part) => part !== undefined && part !== '');
  return (
    <li>
      <span class="place">
        <strong>
          {item.quantity > 1 ? `${item.quantity} × ` : ''}
          {name?.title ?? '\u00a0'}
        </strong>
        <span class="quiet">{known === undefined ? '\u00a0' : detail.join(' · ')}</span>
      </span>
      <span class="amount">{money(priceOf(item), event.currency)}</span>
    </li>
  );
}
