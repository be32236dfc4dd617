import type { InventoryView, SeatEvent } from '@aisle/client/protocol';
import { ApiError, getJson } from './shared/api.js';
import { byId, make, setText } from './shared/dom.js';
import { statusWords } from './shared/event-status.js';
import { count, eventTime, priceText } from './shared/format.js';

/** Inventories asked for at once: the page must not be what loads the server in a rush. */
const INVENTORIES_AT_ONCE = 4;
const PAGE_SIZE = 60;
/** Shown in this order; events that are over for the buyer are left out. */
const SHOWN = ['on_sale', 'paused', 'published'];

interface Page {
  readonly items: readonly SeatEvent[];
  readonly nextCursor?: string;
}

const list = byId('events', HTMLUListElement);
const message = byId('message', HTMLParagraphElement);
const more = byId('more', HTMLButtonElement);
const main = byId('main', HTMLElement);

async function load(cursor?: string): Promise<void> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor === undefined ? {} : { cursor }) });
  main.setAttribute('aria-busy', 'true');
  try {
    const page = await getJson<Page>(`/v1/events?${query.toString()}`);
    const shown = page.items.filter(({ status }) => SHOWN.includes(status));
    shown.sort((a, b) => SHOWN.indexOf(a.status) - SHOWN.indexOf(b.status) || a.startsAt.localeCompare(b.startsAt));
    const cards = shown.map((event) => ({ event, ...card(event) }));
    list.append(...cards.map(({ element }) => element));
    more.hidden = page.nextCursor === undefined;
    more.onclick = () => void load(page.nextCursor);
    if (list.childElementCount > 0) message.hidden = true;
    else showEmpty();
    main.setAttribute('aria-busy', 'false');
    await fillStock(cards);
  } catch (error) {
    showFailure(error, cursor);
  }
}

function card(event: SeatEvent): { element: HTMLLIElement; stock: HTMLDivElement } {
  const words = statusWords(event.status);
  const stock = make('div', { class: 'stock' });
  const element = make(
    'li',
    { class: 'card' },
    make('div', {}, make('span', { class: 'badge', 'data-tone': words.tone }, words.label)),
    make('h2', {}, make('a', { href: `/e/${encodeURIComponent(event.id)}` }, event.name)),
    make(
      'dl',
      {},
      make('dt', { class: 'unseen' }, 'When'),
      make('dd', { class: 'when' }, make('time', { datetime: event.startsAt }, eventTime(event))),
      make('dt', { class: 'unseen' }, 'Where'),
      make('dd', {}, event.venue ?? ''),
      make('dt', { class: 'unseen' }, 'Price'),
      make('dd', {}, priceRange(event)),
    ),
    stock,
  );
  return { element, stock };
}

function priceRange(event: SeatEvent): string {
  const minors = Object.values(event.prices).flatMap((price) =>
    typeof price === 'number' ? [price] : price.ticketTypes.map(({ minor }) => minor),
  );
  if (minors.length === 0) return '';
  const low = Math.min(...minors);
  const high = Math.max(...minors);
  const text = priceText(low, event.currency);
  return low === high ? text : `${text} – ${priceText(high, event.currency)}`;
}

async function fillStock(cards: readonly { event: SeatEvent; stock: HTMLDivElement }[]): Promise<void> {
  const waiting = [...cards];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { event, stock } = next;
      try {
        const inventory = await getJson<InventoryView>(`/v1/events/${encodeURIComponent(event.id)}/inventory`);
        showStock(stock, inventory);
      } catch {
        // A card without its figure is still a card.
        setText(stock, 'Availability is not known right now.');
      }
    }
  };
  await Promise.all(Array.from({ length: INVENTORIES_AT_ONCE }, work));
}

function showStock(stock: HTMLDivElement, inventory: InventoryView): void {
  const total = inventory.categories.reduce((sum, category) => sum + category.total, 0);
  const free = inventory.categories.reduce((sum, category) => sum + category.available, 0);
  const fill = make('span');
  fill.style.transform = `scaleX(${total === 0 ? 0 : free / total})`;
  stock.replaceChildren(
    make('span', {}, free === 0 ? 'Nothing free at the moment' : `${count(free)} of ${count(total)} places free`),
    make('div', { class: 'bar', 'aria-hidden': 'true' }, fill),
  );
}

function showEmpty(): void {
  message.replaceChildren(
    make('strong', {}, 'No events yet'),
    make('span', {}, 'Create one over the API, publish and open it: it then shows here.'),
    make('a', { href: '/docs' }, 'API documentation'),
  );
  message.hidden = false;
}

function showFailure(error: unknown, cursor: string | undefined): void {
  const known = error instanceof ApiError ? error : undefined;
  const again = make('button', { type: 'button', class: 'button' }, 'Try again');
  again.addEventListener('click', () => void load(cursor), { once: true });
  message.replaceChildren(
    make('strong', {}, known?.message ?? 'The events could not be shown.'),
    make('span', {}, known?.remediation ?? 'Try again in a moment.'),
    again,
  );
  message.hidden = false;
  main.setAttribute('aria-busy', 'false');
}

void load();
