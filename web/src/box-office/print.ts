import { ApiError } from '../shared/api.js';

const TIMEOUT_MS = 15_000;
const STYLE = /<style>([\s\S]*?)<\/style>/g;

/** The server's own page of an order's tickets, as text. Throws ApiError. */
async function ticketsPage(orderId: string, token: string): Promise<string> {
  const path = `/v1/orders/${encodeURIComponent(orderId)}/tickets`;
  const headers = { accept: 'text/html', authorization: `Bearer ${token}` };
  const response = await fetch(path, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null);
  if (response === null) {
    throw new ApiError('OFFLINE', 'The tickets could not be read.', 'The sale stands. Print again in a moment.', 0);
  }
  if (!response.ok) {
    const refusal = 'The tickets could not be read.';
    throw new ApiError('INTERNAL', refusal, 'The sale stands. Print again in a moment.', response.status);
  }
  return response.text();
}

/**
 * Prints an order's tickets from a hidden frame: no window to allow, and the counter stays as it is. The page may not be framed
 * and its styles are bound to its own address, so its nodes and its style sheet are taken over into an empty frame.
 */
export async function printTickets(orderId: string, token: string, only?: ReadonlySet<string>): Promise<void> {
  const text = await ticketsPage(orderId, token);
  const styles = [...text.matchAll(STYLE)].map(([, css = '']) => css).join('\n');
  // A parsed document has this page's content policy: a style element in it would be refused, loudly.
  const page = new DOMParser().parseFromString(text.replaceAll(STYLE, ''), 'text/html');
  clearPrinted();
  const frame = document.createElement('iframe');
  frame.dataset.tickets = orderId;
  frame.title = 'Tickets, as printed';
  frame.className = 'print-frame';
  frame.tabIndex = -1;
  frame.setAttribute('aria-hidden', 'true');
  document.body.append(frame);
  const { contentDocument: sheet, contentWindow: view } = frame;
  if (sheet === null || view === null) throw new ApiError('INTERNAL', 'This browser cannot print.', undefined, 0);
  const body = sheet.importNode(page.body, true);
  if (only !== undefined) keepOnly(body, only);
  sheet.title = page.title;
  sheet.documentElement.lang = page.documentElement.lang;
  sheet.body.replaceWith(body);
  adoptStyles(sheet, view, styles);
  // The frame has no network of its own: laid out in the next frame at the latest.
  await new Promise((resolve) => requestAnimationFrame(resolve));
  const { activeElement } = document;
  view.print();
  // Else the keys of the counter would be typed into the paper.
  if (activeElement instanceof HTMLElement) activeElement.focus();
}

/** What was printed last is somebody's name and codes: gone with whoever it was for. */
export function clearPrinted(): void {
  for (const frame of document.querySelectorAll('iframe[data-tickets]')) frame.remove();
}

/** Without style elements or attributes, which a strict content policy would not apply. */
function adoptStyles(sheet: Document, view: Window, css: string): void {
  const { CSSStyleSheet: Sheet } = view as Window & { CSSStyleSheet: typeof CSSStyleSheet };
  const styles = new Sheet();
  styles.replaceSync(css);
  sheet.adoptedStyleSheets = [styles];
}

/** Leaves out tickets that are not to be printed again, by their ids in the page. */
function keepOnly(body: HTMLElement, tickets: ReadonlySet<string>): void {
  for (const item of body.querySelectorAll('.ticket')) {
    if (![...tickets].some((id) => item.textContent.includes(id))) item.remove();
  }
}
