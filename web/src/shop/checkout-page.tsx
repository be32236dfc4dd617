import { useQuery } from '@tanstack/preact-query';
import type { CheckoutAnswer, SeatEvent } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { ApiError, getJson } from '../shared/api.js';
import { eventTime } from '../shared/format.js';
import { Busy, ErrorNote, Field } from '../shared/ui.js';
import { mine } from './guest.js';
import { totalOf, useHolds, type MyHold } from './holds.js';
import { keepProvider, keyFor } from './purpose-key.js';
import { Lines } from './lines.js';
import { Outcome } from './outcome.js';
import { persist } from './persist.js';
import { TimeLeft } from './time-left.js';
import { useTitle } from './title.js';

/** Who the tickets are for; then the seats become an order that waits for its money. */
export function CheckoutPage({ eventId }: { eventId: string }): VNode {
  useTitle('Checkout');
  const event = useQuery({
    queryKey: ['event', eventId],
    queryFn: () => getJson<SeatEvent>(`/v1/events/${encodeURIComponent(eventId)}`),
  });
  const holds = useHolds(eventId);
  // Asked again in vain is no reason to take away what is being typed.
  const failed = (event.data === undefined ? event.error : null) ?? (holds.data === undefined ? holds.error : null);
  if (failed !== null) {
    const retry = (): void => void Promise.all([event.refetch(), holds.refetch()]);
    return <ErrorNote error={failed} retry={retry} />;
  }
  if (event.data === undefined || holds.data === undefined) return <Busy text="Looking up your seats…" />;
  const held = holds.data.filter(({ state }) => state === 'held');
  const begun = holds.data.find(({ state, orderId }) => state === 'reserved' && orderId !== undefined);
  if (held.length === 0) return <NothingHeld event={event.data} orderId={begun?.orderId} />;
  return <Details event={event.data} holds={held} refresh={() => void holds.refetch()} />;
}

function NothingHeld({ event, orderId }: { event: SeatEvent; orderId: string | undefined }): VNode {
  return (
    <div class="message">
      <h1>{orderId === undefined ? 'No seats are held for you now' : 'Your order waits for its payment'}</h1>
      <span>
        {orderId === undefined
          ? 'Either none were chosen yet or their time ran out; then they are on sale again.'
          : 'Your seats are kept by it; pay it, or give them back.'}
      </span>
      {orderId === undefined ? (
        <a class="button primary" href={`/e/${encodeURIComponent(event.id)}`}>
          Choose seats
        </a>
      ) : (
        <Link class="button primary" href={`/orders/${orderId}`}>
          Go to the order
        </Link>
      )}
    </div>
  );
}

interface Fields {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

/** What is plainly wrong before anything is sent; the server has the last word. */
function faultsOf({ name, email }: Fields): Partial<Record<keyof Fields, string>> {
  return {
    ...(name.trim() === '' ? { name: 'Enter the name that should be on the order.' } : {}),
    ...(/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email.trim())
      ? {}
      : { email: 'Enter an e-mail address, such as ada@example.com.' }),
  };
}

interface DetailsProps {
  readonly event: SeatEvent;
  readonly holds: readonly MyHold[];
  readonly refresh: () => void;
}

function Details({ event, holds, refresh }: DetailsProps): VNode {
  const [, go] = useLocation();
  const [fields, setFields] = useState<Fields>({ name: '', email: '', phone: '' });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const faults = tried ? faultsOf(fields) : {};
  const items = holds.flatMap((hold) => hold.items);
  const submit = async (): Promise<void> => {
    setTried(true);
    const wrong = Object.keys(faultsOf(fields));
    if (wrong.length > 0) {
      document.querySelector<HTMLElement>(`[name="${wrong[0] ?? ''}"]`)?.focus();
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const orderId = await order(event, holds, fields);
      go(`/orders/${orderId}`);
    } catch (failure) {
      setError(failure);
      refresh();
    } finally {
      setBusy(false);
    }
  };
  const input = (name: keyof Fields, type: string, complete: string) => (ids: Record<string, string>) => (
    <input
      {...ids}
      name={name}
      type={type}
      autocomplete={complete}
      required={name !== 'phone'}
      value={fields[name]}
      onInput={({ currentTarget }) => setFields({ ...fields, [name]: currentTarget.value })}
    />
  );
  return (
    <div class="checkout">
      <form
        noValidate
        onSubmit={(submitted) => {
          submitted.preventDefault();
          if (!busy) void submit();
        }}
      >
        <h1>Checkout</h1>
        <p class="quiet">
          {event.name} · {eventTime(event, 'short')}
        </p>
        <Field label="Name" fault={faults.name}>
          {input('name', 'text', 'name')}
        </Field>
        <Field label="E-mail" hint="The order and the tickets are found under it." fault={faults.email}>
          {input('email', 'email', 'email')}
        </Field>
        <Field label="Phone (if we may call about this event)">{input('phone', 'tel', 'tel')}</Field>
        <button type="submit" class="button primary" aria-busy={busy}>
          {busy ? 'Placing the order…' : 'Continue to payment'}
        </button>
        {error === null ? null : (
          <Outcome>
            <Refused error={error} />
          </Outcome>
        )}
        <a class="button quiet" href={`/e/${encodeURIComponent(event.id)}`}>
          Back to the seat map
        </a>
      </form>
      <aside aria-label="Your seats">
        <h2>Your seats</h2>
        <TimeLeft endsAt={Math.min(...holds.map(({ endsAt }) => endsAt))} onEnd={refresh} />
        <Lines event={event} items={items} />
      </aside>
    </div>
  );
}

/** An order a hold; several only where best available made one of its own. Answers the first. */
async function order(event: SeatEvent, holds: readonly MyHold[], fields: Fields): Promise<string> {
  const phone = fields.phone.trim();
  const buyer = { name: fields.name.trim(), email: fields.email.trim(), ...(phone === '' ? {} : { phone }) };
  let first: string | undefined;
  for (const { token, items } of holds) {
    const body = { eventId: event.id, holdToken: token, buyer, totalMinor: totalOf(items) };
    const key = keyFor(`checkout ${JSON.stringify(body)}`);
    const answer = await persist(() => mine<CheckoutAnswer>('POST', '/v1/checkout', { body, key }));
    keepProvider(answer.order.id, answer.payment.provider);
    first ??= answer.order.id;
  }
  return first ?? '';
}

function Refused({ error }: { error: unknown }): VNode {
  const code = error instanceof ApiError ? error.code : '';
  if (code === 'HOLD_EXPIRED' || code === 'HOLD_NOT_FOUND')
    return (
      <div class="notice" data-tone="bad" role="alert">
        <strong>Your time ran out</strong>
        <p>The seats are on sale again. Nothing was charged. Choose seats anew; the same ones may still be free.</p>
      </div>
    );
  if (code === 'PRICE_CHANGED')
    return (
      <div class="notice" role="alert">
        <strong>A price has changed while you were choosing</strong>
        <p>The total on this page is the new one. Continue if you agree.</p>
      </div>
    );
  return <ErrorNote error={error} />;
}
