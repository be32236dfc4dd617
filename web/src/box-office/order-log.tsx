import { useQuery } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { money } from '../shared/format.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { useDesk } from './desk.js';
import { stepWords } from './order-words.js';
import { moment } from './times.js';

interface OrderLogView {
  readonly steps: readonly {
    readonly at: string;
    readonly version: number;
    readonly kind: string;
    readonly actor: string;
    readonly changes: Readonly<Record<string, unknown>>;
  }[];
}

/** Who did what to the order, the latest first. */
export function OrderLog({ orderId }: { orderId: string }): VNode {
  const { call } = useDesk();
  const log = useQuery({
    queryKey: ['order-log', orderId],
    queryFn: () => call<OrderLogView>('GET', `/v1/orders/${encodeURIComponent(orderId)}/log`),
  });
  const { data, error } = log;
  return (
    <section class="log" aria-label="What happened">
      <h3>What happened</h3>
      {error === null || data !== undefined ? null : <ErrorNote error={error} retry={() => void log.refetch()} />}
      {data === undefined && error === null ? <Busy /> : null}
      <ol>
        {[...(data?.steps ?? [])].reverse().map(({ at, version, kind, actor, changes }) => (
          <li key={version}>
            <strong>{stepWords(kind)}</strong>
            <span>
              {moment(at)}
              {actor === '' ? '' : ` by ${actor}`}
            </span>
            <span class="hint">{detail(changes)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What a clerk wants to know of a step: the receipt and the reason. */
function detail(changes: Readonly<Record<string, unknown>>): string {
  const payment = changes.payment as Partial<Record<string, unknown>> | null | undefined;
  const parts: string[] = [];
  if (typeof payment === 'object' && payment !== null) {
    const { amountMinor, currency, reference } = payment;
    if (typeof amountMinor === 'number' && typeof currency === 'string') parts.push(money(amountMinor, currency));
    if (typeof reference === 'string') parts.push(reference);
  }
  if (typeof changes.reason === 'string' && changes.reason !== '') parts.push(changes.reason);
  return parts.join(' · ');
}
