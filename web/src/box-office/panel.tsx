import type { Hold, Order } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { money, plural } from '../shared/format.js';
import { ActionButton, ErrorNote, Field } from '../shared/ui.js';
import { useDesk, useReach } from './desk.js';
import { kindly } from './kindly.js';
import { itemsTotal, itemTotal, minorUnitsOf, placesIn, quickAmounts, readAmount, ticketTypes } from './prices.js';
import { printTickets } from './print.js';
import { useShortcuts } from './shortcuts.js';
import { changeOf, type BuyerFields, type Tender, type Till, type TillState } from './till.js';
import { useTill } from './use-till.js';

/** The sale as it stands, on the right of the screen or in place of the choice on a phone. */
export function SalePanel({ empty }: { empty: string }): VNode {
  const till = useTill();
  const { state } = till;
  switch (state.step) {
    case 'open':
      return <OpenPanel state={state} empty={empty} />;
    case 'holding':
      return (
        <section class="sale" aria-label="This sale">
          <p class="busy" role="status">
            Taking the seats…
          </p>
        </section>
      );
    case 'held':
      return <HeldPanel till={till} hold={state.hold} error={state.error} busy={state.busy === true} />;
    case 'selling':
    case 'unknown':
      return <UnsettledPanel till={till} state={state} />;
    case 'sold':
      return <SoldPanel key={state.order.id} till={till} order={state.order} tender={state.tender} />;
  }
}

function OpenPanel({ state, empty }: { state: Extract<TillState, { step: 'open' }>; empty: string }): VNode {
  const { names } = useDesk();
  return (
    <section class="sale" aria-label="This sale">
      {state.error === undefined ? null : <ErrorNote error={kindly(state.error, names)} retry={state.retry} />}
      {state.note === undefined ? null : (
        <p class="notice" role="status">
          {state.note}
        </p>
      )}
      <p class="sale-empty">{empty}</p>
    </section>
  );
}

function HeldPanel(props: { till: Till; hold: Hold; error: unknown; busy: boolean }): VNode {
  const { till, hold, error, busy } = props;
  const { event } = useDesk();
  const [buyer, setBuyer] = useState<BuyerFields>({});
  const totalMinor = itemsTotal(hold.items);
  useShortcuts({ Escape: () => till.drop() });
  return (
    <section class="sale" aria-label="This sale" aria-busy={busy}>
      <header class="sale-head">
        <h2>{plural(placesIn(hold.items), 'ticket')}</h2>
        <TimeLeft />
      </header>
      <SaleLines till={till} hold={hold} busy={busy} />
      <p class="sale-total">
        <span>To pay</span>
        <strong data-total={totalMinor}>{money(totalMinor, event.currency)}</strong>
      </p>
      {error === undefined ? null : <ErrorNote error={error} />}
      <Pay till={till} totalMinor={totalMinor} buyer={buyer} busy={busy} />
      <BuyerForm buyer={buyer} onChange={setBuyer} />
      <button type="button" class="button quiet" onClick={() => till.drop()}>
        Give the seats back <kbd aria-hidden="true">Esc</kbd>
      </button>
    </section>
  );
}

function TimeLeft(): VNode | null {
  const { state } = useTill();
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (state.step !== 'held') return null;
  const left = Math.max(0, Math.floor((state.deadline - Math.max(now, performance.now())) / 1000));
  const text = `${String(Math.floor(left / 60))}:${String(left % 60).padStart(2, '0')}`;
  return (
    <span class="time-left" data-low={left < 60} role="timer" aria-label="Kept for this sale">
      {text}
    </span>
  );
}

function SaleLines({ till, hold, busy }: { till: Till; hold: Hold; busy: boolean }): VNode {
  const { names, event } = useDesk();
  return (
    <ul class="lines">
      {names.lines(hold.items).map(({ key, ids, text, quantity, item }) => {
        const types = ticketTypes(event.prices[item.category]);
        const lineMinor = itemTotal({ ...item, quantity });
        return (
          <li key={key}>
            <span class="line-place">{text}</span>
            <span class="line-price">{money(lineMinor, event.currency)}</span>
            <span class="line-kind">
              {names.category(item.category)}
              {quantity > 1 ? ` × ${String(quantity)}` : ''}
            </span>
            {types.length > 1 && item.seat !== undefined ? (
              <TypeSelects till={till} hold={hold} ids={ids} busy={busy} />
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

/** A ticket type a seat: two at full price and one reduced is one sale. */
function TypeSelects({
  till,
  hold,
  ids,
  busy,
}: {
  till: Till;
  hold: Hold;
  ids: readonly string[];
  busy: boolean;
}): VNode {
  const { event, names } = useDesk();
  const { up } = useReach();
  return (
    <span class="line-types">
      {ids.map((id) => {
        const item = hold.items.find(({ seat }) => seat === id);
        const types = ticketTypes(event.prices[item?.category ?? '']);
        return (
          <select
            key={id}
            class="small-select"
            aria-label={`Ticket type of ${names.place(id)}`}
            disabled={busy || !up}
            value={item?.ticketType ?? types[0]?.key ?? ''}
            onChange={({ currentTarget }) => void till.retype([id], currentTarget.value)}
          >
            {types.map((type) => (
              <option key={type.key} value={type.key ?? ''}>
                {type.label}
              </option>
            ))}
          </select>
        );
      })}
    </span>
  );
}

function Pay(props: { till: Till; totalMinor: number; buyer: BuyerFields; busy: boolean }): VNode {
  const { till, totalMinor, buyer, busy } = props;
  const { event } = useDesk();
  const { up, why } = useReach();
  const off = busy || !up;
  const sell = (tender: Tender): void => {
    if (!off) void till.sell(tender, buyer);
  };
  useShortcuts({
    F8: () => sell({ kind: 'cash', givenMinor: totalMinor }),
    F9: () => sell({ kind: 'card' }),
  });
  if (totalMinor === 0) {
    return (
      <button type="button" class="button primary big" disabled={off} onClick={() => sell({ kind: 'none' })}>
        Give out, free of charge
      </button>
    );
  }
  return (
    <div class="pay">
      {why === undefined ? null : <p class="why">{why}: nothing can be sold now. The seats stay kept meanwhile.</p>}
      <div class="pay-main">
        <button
          type="button"
          class="button primary big"
          disabled={off}
          onClick={() => sell({ kind: 'cash', givenMinor: totalMinor })}
        >
          <span>
            Cash<span class="unseen">, the exact amount</span>
          </span>
          <kbd aria-hidden="true">F8</kbd>
        </button>
        <button type="button" class="button primary big" disabled={off} onClick={() => sell({ kind: 'card' })}>
          Card <kbd aria-hidden="true">F9</kbd>
        </button>
      </div>
      <CashGiven totalMinor={totalMinor} off={off} onGiven={(givenMinor) => sell({ kind: 'cash', givenMinor })} />
      <details class="more">
        <summary>Without payment</summary>
        <p class="hint">A complimentary ticket, or an invoice of yours: the order has its price, no money is booked.</p>
        <button type="button" class="button" disabled={off} onClick={() => sell({ kind: 'none' })}>
          Book without payment, {money(totalMinor, event.currency)}
        </button>
      </details>
    </div>
  );
}

/** What buyers hand over, and what they get back: one tap sells. */
function CashGiven(props: { totalMinor: number; off: boolean; onGiven: (givenMinor: number) => void }): VNode {
  const { totalMinor, off, onGiven } = props;
  const { event } = useDesk();
  const units = minorUnitsOf(event.currency);
  const [text, setText] = useState('');
  const given = readAmount(text, units);
  const enough = given !== null && given >= totalMinor;
  return (
    <div class="given" role="group" aria-label="Cash given">
      {quickAmounts(totalMinor, units).map((amount) => (
        <button key={amount} type="button" class="button given-amount" disabled={off} onClick={() => onGiven(amount)}>
          <span>{money(amount, event.currency)}</span>
          <small>{money(amount - totalMinor, event.currency)} back</small>
        </button>
      ))}
      <form
        class="given-other"
        onSubmit={(submit) => {
          submit.preventDefault();
          if (enough) onGiven(given);
        }}
      >
        <input
          inputMode="decimal"
          placeholder="Other amount"
          aria-label="Other amount of cash given"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit" class="button" disabled={off || !enough}>
          {enough ? `Change ${money(given - totalMinor, event.currency)}` : 'Cash'}
        </button>
      </form>
    </div>
  );
}

function BuyerForm({ buyer, onChange }: { buyer: BuyerFields; onChange: (buyer: BuyerFields) => void }): VNode {
  const set = (name: keyof BuyerFields, value: string): void => {
    const { [name]: _former, ...rest } = buyer;
    onChange(value.trim() === '' ? rest : { ...rest, [name]: value.trim() });
  };
  return (
    <details class="more">
      <summary>Buyer’s name or e-mail</summary>
      <div class="buyer">
        <Field label="Name (optional)">
          {(ids) => (
            <input {...ids} autocomplete="off" maxLength={200} onInput={(e) => set('name', e.currentTarget.value)} />
          )}
        </Field>
        <Field label="E-mail (optional)">
          {(ids) => (
            <input
              {...ids}
              type="email"
              autocomplete="off"
              maxLength={254}
              onInput={(e) => set('email', e.currentTarget.value)}
            />
          )}
        </Field>
      </div>
    </details>
  );
}

const ASK_AGAIN_MS = 4_000;

/** On its way, or not answered: asked again by itself, and nothing else is sold meanwhile. */
function UnsettledPanel({
  till,
  state,
}: {
  till: Till;
  state: Extract<TillState, { step: 'selling' | 'unknown' }>;
}): VNode {
  const { event } = useDesk();
  const { up } = useReach();
  const unknown = state.step === 'unknown';
  useEffect(() => {
    if (!unknown || !up) return undefined;
    const timer = setTimeout(() => void till.askAgain(), state.error === undefined ? 0 : ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [till, state, up]);
  const { totalMinor, tender } = state.pending;
  return (
    <section class="sale" aria-label="This sale">
      <h2>{unknown ? 'Sold, or not? Not known yet' : 'Selling…'}</h2>
      <p class="sale-total">
        <span>{tender.kind === 'cash' ? 'Cash' : tender.kind === 'card' ? 'Card' : 'No payment'}</span>
        <strong>{money(totalMinor, event.currency)}</strong>
      </p>
      {unknown ? (
        <div class="notice" role="alert">
          <strong>The server did not answer. Do not sell these seats again.</strong>
          <p>
            {up
              ? 'This sale is asked for again by itself'
              : 'As soon as the connection is back, this sale is asked for again'}
            , under the same number: it cannot be sold twice. Keep the money until it is settled.
          </p>
        </div>
      ) : null}
      <ActionButton class="button big" disabled={!unknown || !up} act={() => till.askAgain()}>
        Ask again now
      </ActionButton>
    </section>
  );
}

function SoldPanel({ till, order, tender }: { till: Till; order: Order; tender: Tender }): VNode {
  const { clerk, names, event } = useDesk();
  const { up } = useReach();
  const [error, setError] = useState<unknown>(undefined);
  const printButton = useRef<HTMLDivElement>(null);
  const changeMinor = changeOf(tender, order);
  const print = async (): Promise<void> => {
    setError(undefined);
    try {
      await printTickets(order.id, clerk.key);
    } catch (failure) {
      setError(failure);
    }
  };
  useEffect(() => printButton.current?.querySelector('button')?.focus(), []);
  useShortcuts({ p: () => void print(), n: () => till.next(), Escape: () => till.next() });
  return (
    <section class="sale" aria-label="This sale" data-sold={order.id}>
      <p class="sold-head" role="status">
        <span class="tick" aria-hidden="true" />
        Sold: {plural(order.tickets.length, 'ticket')}, {money(order.totalMinor, order.currency)}
        {tender.kind === 'cash' ? ' in cash' : tender.kind === 'card' ? ' by card' : ', not paid here'}
      </p>
      {tender.kind === 'cash' ? (
        <p class="change">
          <span>Change to give</span>
          <strong data-change={changeMinor}>{money(changeMinor, event.currency)}</strong>
        </p>
      ) : null}
      <div ref={printButton} class="pay">
        <ActionButton class="button primary big" act={print} disabled={!up}>
          Print {plural(order.tickets.length, 'ticket')} <kbd aria-hidden="true">P</kbd>
        </ActionButton>
        {error === undefined ? null : <ErrorNote error={error} />}
        <button type="button" class="button big" onClick={() => till.next()}>
          Next sale <kbd aria-hidden="true">N</kbd>
        </button>
      </div>
      <ul class="lines">
        {names.lines(order.items).map((line) => (
          <li key={line.key}>
            <span class="line-place">{line.text}</span>
            <span class="line-kind">{names.category(line.item.category)}</span>
          </li>
        ))}
      </ul>
      <p class="hint">
        Order <a href={`#/orders/${order.id}`}>{order.id}</a>
      </p>
    </section>
  );
}
