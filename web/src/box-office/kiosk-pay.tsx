import type { CheckoutDetail } from '@aisle/client/picker';
import type { CheckoutAnswer, Order, SeatEvent } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../shared/api.js';
import { money, plural } from '../shared/format.js';
import { ActionButton, ErrorNote, Field } from '../shared/ui.js';
import type { KioskConfig } from './kiosk-config.js';
import { useOnce, type Once } from './once.js';
import type { Visitor } from './visitor.js';

interface PayProps {
  readonly config: KioskConfig;
  readonly visitor: Visitor;
  readonly event: SeatEvent;
  readonly basket: CheckoutDetail;
  readonly onBack: () => void;
  readonly onDone: (orders: readonly Order[], paid: boolean) => void;
  /** Money is under way, or not any more. */
  readonly onPaying: (paying: boolean) => void;
}

/** By card here, where the server's provider can, or at the counter. */
export function KioskPay(props: PayProps): VNode {
  const { config, visitor, event, basket, onBack, onDone, onPaying } = props;
  const once = useOnce();
  const [error, setError] = useState<unknown>(undefined);
  const [begun, setBegun] = useState<readonly CheckoutAnswer[] | undefined>(undefined);
  const places = basket.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  // One way at a time: who pays by card is not sent to the counter meanwhile, and an order under way is not left behind.
  const [busy, setBusy] = useState(false);
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    setError(undefined);
    setBusy(true);
    try {
      await work();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  const atCounter = (): Promise<void> =>
    guarded(async () => {
      const orders = begun?.map(({ order }) => order) ?? (await placed(visitor, basket, once));
      visitor.owes(orders);
      onDone(
        orders,
        orders.every(({ status }) => status === 'completed'),
      );
    });
  const checkout = (buyer: { name: string; email: string }): Promise<void> =>
    guarded(async () => {
      const answers: CheckoutAnswer[] = [];
      for (const holdToken of basket.holdTokens) {
        const body = { eventId: event.id, holdToken, buyer };
        answers.push(await visitor.call<CheckoutAnswer>('POST', '/v1/checkout', { body, key: once.keyFor(body) }));
        // Each at once: should the next fail, this one is not forgotten.
        visitor.owes(answers.map(({ order }) => order));
      }
      setBegun(answers);
    });
  return (
    <div class="kiosk-pay">
      <p class="sale-total">
        <span>{plural(places, 'ticket')}</span>
        <strong>{money(basket.totalMinor, event.currency)}</strong>
      </p>
      {error === undefined ? null : <ErrorNote error={error} />}
      {config.card && begun === undefined ? <BuyerForm onBuyer={checkout} busy={busy} /> : null}
      {begun === undefined ? null : (
        <Cards
          {...{ begun, visitor, once }}
          onPaying={(paying) => {
            setBusy(paying);
            onPaying(paying);
          }}
          onAnswers={setBegun}
          onPaid={(orders) => onDone(orders, true)}
          counter={config.counter}
        />
      )}
      {config.counter ? (
        <ActionButton class="button big" act={atCounter} disabled={busy}>
          Pay at the counter
        </ActionButton>
      ) : null}
      {begun === undefined ? (
        <button type="button" class="button quiet" disabled={busy} onClick={onBack}>
          Back to the seats
        </button>
      ) : null}
    </div>
  );
}

/** Orders that wait for the counter: no name is asked for. */
async function placed(
  visitor: Visitor,
  { eventId, holdTokens }: CheckoutDetail,
  once: Once,
): Promise<readonly Order[]> {
  const orders: Order[] = [];
  for (const holdToken of holdTokens) {
    const body = { eventId, holdToken };
    orders.push(await visitor.call<Order>('POST', '/v1/orders', { body, key: once.keyFor(body) }));
  }
  return orders;
}

function BuyerForm(props: {
  busy: boolean;
  onBuyer: (buyer: { name: string; email: string }) => Promise<void>;
}): VNode {
  const { busy, onBuyer } = props;
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const ready = name.trim() !== '' && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email.trim());
  const send = (): Promise<void> => onBuyer({ name: name.trim(), email: email.trim() });
  return (
    <form
      class="card-form"
      autocomplete="off"
      onSubmit={(submit) => {
        submit.preventDefault();
        if (ready && !busy) void send();
      }}
    >
      <Field label="Your name">
        {(ids) => (
          <input
            {...ids}
            autocomplete="off"
            maxLength={200}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
      </Field>
      <Field label="Your e-mail" hint="Forgotten here as soon as you leave.">
        {(ids) => (
          <input
            {...ids}
            type="email"
            autocomplete="off"
            maxLength={254}
            onInput={({ currentTarget }) => setEmail(currentTarget.value)}
          />
        )}
      </Field>
      <ActionButton class="button primary big" act={send} disabled={!ready || busy}>
        Pay by card
      </ActionButton>
    </form>
  );
}

const ASK_AGAIN_MS = 4_000;
const CARDS = [
  { token: 'tok_ok', label: 'Test card' },
  { token: 'tok_declined', label: 'Test card that is declined' },
] as const;

function Cards(props: {
  begun: readonly CheckoutAnswer[];
  visitor: Visitor;
  once: Once;
  counter: boolean;
  onPaying: (paying: boolean) => void;
  onAnswers: (answers: readonly CheckoutAnswer[]) => void;
  onPaid: (orders: readonly Order[]) => void;
}): VNode {
  const { begun, visitor, once, counter, onPaying, onAnswers, onPaid } = props;
  const [error, setError] = useState<unknown>(undefined);
  const [attempt, setAttempt] = useState(0);
  /** The card that is being charged. */
  const [paying, setPaying] = useState<string | null>(null);
  const sandbox = begun.every(({ payment, order }) => payment.provider === 'sandbox' || order.status === 'completed');
  if (!sandbox) {
    const told = new ApiError(
      'CARD',
      'This kiosk cannot take your card.',
      counter ? 'Your seats are kept: pay at the counter.' : 'Ask at the counter.',
      0,
    );
    return <ErrorNote error={told} />;
  }
  const send = async (paymentToken: string): Promise<readonly Order[]> => {
    const answers = [...begun];
    try {
      for (const [at, { order }] of begun.entries()) {
        // Paid by an earlier press: once is enough.
        if (order.status === 'completed') continue;
        const key = once.keyFor({ pay: order.id, paymentToken, attempt });
        const path = `/v1/orders/${order.id}/pay`;
        answers[at] = await visitor.call<CheckoutAnswer>('POST', path, { body: { paymentToken }, key });
      }
    } finally {
      visitor.owes(answers.map(({ order }) => order));
      onAnswers(answers);
    }
    return answers.map(({ order }) => order);
  };
  const pay = async (paymentToken: string): Promise<void> => {
    setError(undefined);
    setPaying(paymentToken);
    try {
      const orders = await send(paymentToken);
      // Else the bank has not said yet, and the same is asked again.
      if (orders.every(({ status }) => status === 'completed')) onPaid(orders);
    } catch (failure) {
      setError(failure);
      if (failure instanceof ApiError && failure.retryable) return;
      // Declined is an end: the next press is a new attempt.
      setAttempt(attempt + 1);
      setPaying(null);
    }
  };
  // What is not known keeps its key, and is asked again by itself.
  useEffect(() => {
    onPaying(paying !== null);
    if (paying === null) return undefined;
    const timer = setInterval(() => void pay(paying), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [paying, attempt, begun]);
  return (
    <div class="pay">
      <p class="hint">No real money is taken: the server is connected to the sandbox provider.</p>
      {error === undefined ? null : <ErrorNote error={error} />}
      <p role="status">{paying === null ? '' : 'Paying…'}</p>
      {CARDS.map(({ token, label }, at) => (
        <button
          key={token}
          type="button"
          class={at === 0 ? 'button primary big' : 'button'}
          disabled={paying !== null}
          onClick={() => void pay(token)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
