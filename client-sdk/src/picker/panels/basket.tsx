import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { clockText, URGENT_MS } from '../buying/countdown.js';
import type { BasketHold, BasketLine } from '../model.js';
import { useRemaining } from './clock.js';
import { usePicker, usePickerState } from './context.js';
import { Findings } from './findings.js';
import { useFocusKeeper } from './focus-keeper.js';
import { Icon } from './icons.js';
import { TicketTypeSelect } from './ticket-type.js';

/** What the buyer holds, how long it lasts and what it costs. */
export function Basket(): VNode {
  const { words, model } = usePicker();
  const { basket, canHold } = usePickerState();
  const root = useRef<HTMLElement>(null);
  useFocusKeeper(root, 'h2');
  return (
    <section class="basket" part="basket" aria-labelledby="yours" ref={root}>
      <header>
        <h2 id="yours" tabIndex={-1}>
          {words.yours}
        </h2>
        {basket.holds.some(({ state }) => state === 'held') && (
          <button type="button" class="link" data-key="release-all" onClick={() => model.releaseAll()}>
            {words.releaseAll}
          </button>
        )}
      </header>
      {basket.lines.length === 0 && <p class="quiet">{canHold ? words.yoursEmpty : words.yoursEmptyClosed}</p>}
      <div class="holds">
        {basket.holds.map((hold) => (
          <HoldGroup key={hold.token} hold={hold} lines={basket.lines.filter(({ token }) => token === hold.token)} />
        ))}
      </div>
      <Findings />
      {basket.lines.length > 0 && <Total />}
    </section>
  );
}

function HoldGroup({ hold, lines }: { hold: BasketHold; lines: readonly BasketLine[] }): VNode {
  const { words, model } = usePicker();
  const { status } = usePickerState();
  const reserved = hold.state === 'reserved';
  const mayExtend = !reserved && hold.extendable && (status === 'on_sale' || status === 'paused');
  return (
    <div class="hold">
      <div class="hold-head">
        <Countdown hold={hold} />
        <span class="words">{reserved ? words.leftToPay : hold.extendable ? words.left : words.leftNoMore}</span>
        {mayExtend && (
          <button
            type="button"
            class="button small"
            data-key={`extend ${hold.token}`}
            onClick={() => model.extend(hold.token)}
          >
            {words.moreTime}
          </button>
        )}
      </div>
      {reserved && <p class="quiet">{words.ordered}</p>}
      <ul class="lines">
        {lines.map((line) => (
          <Line key={line.key} line={line} />
        ))}
      </ul>
    </div>
  );
}

function Countdown({ hold }: { hold: BasketHold }): VNode {
  const { words } = usePicker();
  const left = useRemaining(hold.deadline);
  return (
    <span class="clock" part="countdown" role="timer" aria-live="off" data-urgent={left <= URGENT_MS}>
      <Icon name="clock" size={16} />
      {left <= 0 ? words.timeUp : clockText(left)}
    </span>
  );
}

/** The one that ends first, in the phone's summary. */
export function FirstClock(): VNode | null {
  const first = usePickerState().basket.holds[0];
  return first === undefined ? null : <Countdown hold={first} />;
}

function Line({ line }: { line: BasketLine }): VNode {
  const { words, model, names, language, actions } = usePicker();
  const name = names.place(line.place);
  const title = line.seatNo === undefined ? words.quantityOf(line.quantity, name.title) : name.title;
  const spoken = line.seatNo === undefined ? words.quantityOf(line.quantity, name.spoken) : name.spoken;
  const types = model.ticketTypes(line.category);
  const leaving = line.state === 'leaving';
  const label = types.find(({ key }) => key === line.ticketType)?.label ?? '';
  const { seatNo } = line;
  return (
    <li class="line" part="line" data-leaving={leaving || undefined}>
      <span class="name">
        {seatNo === undefined ? (
          <span class="title">{title}</span>
        ) : (
          <button type="button" class="title" aria-label={words.showOf(spoken)} onClick={() => actions.show([seatNo])}>
            {title}
          </button>
        )}
        {name.detail !== '' && <small>{name.detail}</small>}
      </span>
      <span class="price">{language.money(lineMinor(line), model.event.currency)}</span>
      {line.state !== 'reserved' && (
        <button
          type="button"
          class="icon-button"
          title={words.release}
          aria-label={words.releaseOf(spoken)}
          aria-disabled={leaving}
          data-key={`release ${line.key}`}
          onClick={() => !leaving && model.release(line.key)}
        >
          <Icon name="close" size={18} />
        </button>
      )}
      {types.length > 1 && line.state !== 'reserved' ? (
        <TicketTypeSelect
          label={words.ticketTypeOf(spoken)}
          types={types}
          value={line.ticketType}
          disabled={leaving}
          onType={(key) => model.changeTicketType(line.key, key)}
        />
      ) : (
        label !== '' && <small class="type">{label}</small>
      )}
    </li>
  );
}

const lineMinor = (line: BasketLine): number => line.quantity * (line.unitMinor + line.feeMinor + line.taxMinor);

function Total(): VNode {
  const { words, model, language, actions, checkoutLabel } = usePicker();
  const { basket } = usePickerState();
  const sum = (of: (line: BasketLine) => number): number =>
    basket.lines.reduce((minor, line) => minor + line.quantity * of(line), 0);
  const fees = sum(({ feeMinor }) => feeMinor);
  const tax = sum(({ taxMinor }) => taxMinor);
  const money = (minor: number): string => language.money(minor, model.event.currency);
  return (
    <div class="total" part="total">
      <dl>
        {fees > 0 && <Amount name={words.fees} amount={money(fees)} />}
        {tax > 0 && <Amount name={words.tax} amount={money(tax)} />}
        <Amount name={words.total} amount={money(basket.totalMinor)} main />
      </dl>
      <button
        type="button"
        class="button primary wide"
        part="button checkout"
        data-key="checkout"
        onClick={() => actions.checkout()}
      >
        {checkoutLabel ?? words.checkout}
      </button>
    </div>
  );
}

function Amount({ name, amount, main = false }: { name: string; amount: string; main?: boolean }): VNode {
  return (
    <div class={main ? 'amount main' : 'amount'}>
      <dt>{name}</dt>
      <dd>{amount}</dd>
    </div>
  );
}
