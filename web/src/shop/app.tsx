import { QueryClient, QueryClientProvider } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Link, Route, Switch, useLocation } from 'wouter-preact';
import { ApiError } from '../shared/api.js';
import { CheckoutPage } from './checkout-page.js';
import { EventList } from './event-list.js';
import { EventPage } from './event-page.js';
import { MyTickets } from './my-tickets.js';
import { OrderPage } from './order-page.js';

const MOST_RETRIES = 3;
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused for good is not asked again; what it could not say, is.
      retry: (count, error) => count < MOST_RETRIES && error instanceof ApiError && error.retryable,
      staleTime: 5_000,
    },
  },
});

/** The buyer's pages but for the map itself (/e/…): events, one event, checkout, an order, one's tickets. */
export function Shop(): VNode {
  const [place] = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // A page that changes without a load must move the reader to it.
  useEffect(() => {
    if (!first.current) main.current?.focus();
    first.current = false;
    scrollTo(0, 0);
  }, [place]);
  return (
    <QueryClientProvider client={queries}>
      <header class="masthead">
        <Link href="/" class="brand">
          <img src="/assets/mark.svg" alt="" width="26" height="26" /> Aisle
        </Link>
        <nav aria-label="Pages">
          <Link href="/">Events</Link>
          <Link href="/tickets">My tickets</Link>
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Switch>
          <Route path="/" component={EventList} />
          <Route path="/events/:id">{({ id }) => <EventPage id={id} />}</Route>
          <Route path="/checkout/:id">{({ id }) => <CheckoutPage eventId={id} />}</Route>
          <Route path="/orders/:id">{({ id }) => <OrderPage id={id} />}</Route>
          <Route path="/tickets" component={MyTickets} />
        </Switch>
      </main>
      <footer class="foot">
        <p>
          Served by Aisle, the open real-time seat-map server. <a href="/docs">API documentation</a>
        </p>
      </footer>
    </QueryClientProvider>
  );
}
