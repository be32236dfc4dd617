import { html, raw } from 'hono/html';
import type { TicketsView, TicketView } from './describe.js';
import { qrSvg } from './qr.js';
import { STYLES } from './styles.js';

type Html = ReturnType<typeof html>;
/** As one piece: its text must be, to the letter, what the policy's hash is of. */
const STYLE_ELEMENT = raw(`<style>${STYLES}</style>`);

/** The printable page of an order's tickets. Everything put into it is escaped by the template. */
export function ticketsPage(view: TicketsView): Html {
  const { event, venue, date, startsAt, orderId, tickets } = view;
  const notice = noticeOf(view);
  return document(
    `Tickets: ${event}`,
    html`<header class="head">
        <h1>${event}</h1>
        <p><time datetime="${startsAt}">${date}</time></p>
        ${venue === null ? '' : html`<p>${venue}</p>`}
        <p class="soft">Order ${orderId} · ${count(tickets.length)}</p>
        ${notice === null ? '' : html`<p class="notice">${notice}</p>`}
      </header>
      <ol>
        ${tickets.map((ticket, index) => ticketItem(view, ticket, index + 1))}
      </ol>
      <p class="soft screen">
        Print this page, or show it at the entrance. Each code admits once: keep it to yourself.
      </p>`,
  );
}

/** For a person whose link no longer opens anything. */
export function linkRefusedPage(message: string): Html {
  return document(
    'Tickets',
    html`<header class="head">
      <h1>This link does not open any tickets</h1>
      <p>${message} Open your tickets again from where you got the link.</p>
    </header>`,
  );
}

const document = (title: string, main: Html): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>${main}</main>
      </body>
    </html>`;

function ticketItem({ event, date, venue, orderId, tickets }: TicketsView, ticket: TicketView, number: number): Html {
  const { place, notes, category, ticketType, price, status, id } = ticket;
  const facts: (readonly [string, string])[] = [
    ['Category', category],
    ...(ticketType === null ? [] : [['Ticket', ticketType] as const]),
    ['Price', price],
  ];
  return html`<li class="ticket ${status === 'cancelled' ? 'cancelled' : ''}">
    <div class="told">
      <div>
        <h2><span class="sr">Ticket ${number} of ${tickets.length}: </span>${event}</h2>
        <p class="soft">${date}${venue === null ? '' : ` · ${venue}`}</p>
      </div>
      ${list('place', place)} ${list('facts', facts)} ${notes.length === 0 ? '' : html`<p>${notes.join(' · ')}</p>`}
      <p class="soft">Order ${orderId} · Ticket ${id}</p>
    </div>
    <div class="stub">${stub(ticket, number)}</div>
  </li>`;
}

const list = (name: string, rows: readonly (readonly [string, string])[]): Html =>
  html`<dl class="${name}">
    ${rows.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

function stub({ code, status, place }: TicketView, number: number): Html {
  if (code === null) return html`<p class="void">Cancelled</p>`;
  const words = place.map(([label, value]) => `${label} ${value}`).join(', ');
  return html`${qrSvg(code, `QR code of ticket ${number}: ${words}`)}
    ${status === 'scanned' ? html`<p class="void">Used</p>` : ''}
    <p class="code">${code}</p>`;
}

const count = (tickets: number): string => (tickets === 1 ? '1 ticket' : `${tickets} tickets`);

function noticeOf({ orderStatus, tickets }: TicketsView): string | null {
  if (orderStatus === 'pending') return 'This order is not paid yet. Its tickets appear here once it is.';
  if (tickets.length === 0) return `There are no tickets: the order is ${orderStatus.replaceAll('_', ' ')}.`;
  if (tickets.every(({ status }) => status === 'cancelled')) return 'All tickets of this order were cancelled.';
  return null;
}
