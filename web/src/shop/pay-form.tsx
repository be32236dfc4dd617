import type { CheckoutAnswer, Order } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../shared/api.js';
import { money } from '../shared/format.js';
import { ActionButton, ErrorNote } from '../shared/ui.js';
import { mine } from './guest.js';
import { useHolds } from './holds.js';
import { Outcome } from './outcome.js';
import { keyFor, providerOf } from './purpose-key.js';
import { persist } from './persist.js';
import { TimeLeft, TimeUnknown } from './time-left.js';

/** The cards of the sandbox provider (docs/PAYMENTS.md): what each does is what a real one may do. */
const CARDS = [
  { token: 'tok_ok', label: 'A card that pays', hint: 'Ends in 4242' },
  { token: 'tok_declined', label: 'A card that is declined', hint: 'Ends in 0002' },
  { token: 'tok_insufficient_funds', label: 'A card with too little money', hint: 'Ends in 9995' },
  { token: 'tok_slow', label: 'A bank that takes its time', hint: 'Pays after three seconds' },
  { token: 'tok_timeout_after_charge', label: 'A line that breaks', hint: 'Charged, but the answer is lost' },
  { token: 'tok_webhook_only', label: 'A bank that calls back', hint: 'Its message completes the order' },
] as const;

interface PayFormProps {
  readonly order: Order;
  readonly refresh: () => void;
}
type Told = { readonly kind: 'waiting' } | { readonly kind: 'failed'; readonly error: unknown };

/** Pays a pending order: by the sandbox; a declined card leaves the seats kept and another may be tried. */
export function PayForm({ order, refresh }: PayFormProps): VNode {
  const provider = providerOf(order.id);
  return provider === null || provider === 'sandbox' ? (
    <SandboxForm order={order} refresh={refresh} />
  ) : (
    <div class="notice">
      <strong>This page has no form for {provider}</strong>
      <p>
        Your seats are kept until the time is up. Pay as the shop tells you; its own page takes the card (see
        docs/PAYMENTS.md). This page follows by itself.
      </p>
    </div>
  );
}

function SandboxForm({ order, refresh }: PayFormProps): VNode {
  const [card, setCard] = useState<string>(CARDS[0].token);
  const [told, setTold] = useState<Told>();
  const [attempt, setAttempt] = useState(0);
  const holds = useHolds(order.eventId);
  const hold = holds.data?.find(({ orderId }) => orderId === order.id);
  const path = `/v1/orders/${encodeURIComponent(order.id)}`;
  const pay = async (): Promise<void> => {
    setTold(undefined);
    try {
      // The same key for every try of this press, also after the page was loaded again: one charge.
      const key = keyFor(`pay ${order.id} ${order.version} ${card} ${attempt}`);
      const body = { paymentToken: card };
      const { payment } = await persist(() => mine<CheckoutAnswer>('POST', `${path}/pay`, { body, key }));
      if (payment.status === 'open') setTold({ kind: 'waiting' });
    } catch (error) {
      // Declined is an end; the next press is a new attempt. Anything unknown keeps its key.
      if (error instanceof ApiError && !error.retryable) setAttempt(attempt + 1);
      setTold({ kind: 'failed', error });
    } finally {
      refresh();
    }
  };
  const giveBack = async (): Promise<void> => {
    try {
      const key = keyFor(`cancel ${order.id}`);
      await persist(() => mine('POST', `${path}/cancel`, { body: { reason: 'given back by the buyer' }, key }));
    } catch (error) {
      setTold({ kind: 'failed', error });
    } finally {
      refresh();
    }
  };
  return (
    <form class="pay" onSubmit={(submitted) => submitted.preventDefault()}>
      {hold === undefined ? <TimeUnknown /> : <TimeLeft endsAt={hold.endsAt} onEnd={refresh} />}
      <fieldset>
        <legend>Pay by a test card</legend>
        <p class="quiet">This shop takes no real money: it is connected to the sandbox provider.</p>
        {CARDS.map(({ token, label, hint }) => (
          <label key={token} class="card-choice">
            <input type="radio" name="card" checked={card === token} onChange={() => setCard(token)} />
            <span>
              {label}
              <small>{hint}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <ActionButton act={pay} class="button primary">
        Pay {money(order.totalMinor, order.currency)}
      </ActionButton>
      <div role="status">{told?.kind === 'waiting' ? <Waiting /> : null}</div>
      {told?.kind === 'failed' ? (
        <Outcome>
          <Failed error={told.error} />
        </Outcome>
      ) : null}
      <ActionButton act={giveBack} class="button quiet">
        Give the seats back
      </ActionButton>
    </form>
  );
}

const Waiting = (): VNode => (
  <Outcome>
    <p class="notice">Your bank has not answered yet. This page follows by itself; nothing is charged twice.</p>
  </Outcome>
);

function Failed({ error }: { error: unknown }): VNode {
  const declined = error instanceof ApiError && error.code === 'PAYMENT_DECLINED';
  const unknown = error instanceof ApiError && error.retryable;
  if (declined)
    return (
      <div class="notice" data-tone="bad" role="alert">
        <strong>The card was declined</strong>
        <p>Nothing was charged and your seats are still kept. Try another card.</p>
      </div>
    );
  if (unknown)
    return (
      <div class="notice" role="alert">
        <strong>It is not known yet whether the payment went through</strong>
        <p>This page follows by itself. If you press Pay again with the same card, you are still charged once only.</p>
      </div>
    );
  return <ErrorNote error={error} />;
}
