import { QueryClientProvider } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Redirect, Route, Router, Switch } from 'wouter-preact';
import { ApiError, call } from '../shared/api.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { CreateEventPage } from './create/page.js';
import { EventPage } from './event/page.js';
import { EventsPage } from './events.js';
import { WebhookPage } from './hooks/webhook.js';
import { WebhooksPage } from './hooks/list.js';
import { Empty, PageHead } from './kit/parts.js';
import { SaidProvider } from './kit/said.js';
import { makeQueryClient } from './kit/data.js';
import { checkKey, StaffProvider, storedKey, storeKey, type Staff, type StaffRole } from './kit/session.js';
import { Shell } from './shell.js';
import { SignIn } from './sign-in.js';
import { KeysPage } from './system/keys.js';
import { QueuesPage } from './system/queues.js';
import { SwitchesPage } from './system/switches.js';

type Entry =
  | { readonly at: 'checking'; readonly key: string; readonly error?: unknown }
  | { readonly at: 'out'; readonly words?: string }
  | { readonly at: 'in'; readonly key: string; readonly subject: string; readonly role: StaffRole };

const ENDED = 'This key is not valid any more: it was revoked, or its time is over. Sign in with another one.';

/** The page: signed out, or the rooms of whoever signed in. */
export function App(): VNode {
  const [entry, setEntry] = useState<Entry>(() => {
    const key = storedKey();
    return key === null ? { at: 'out' } : { at: 'checking', key };
  });
  const current = useRef(entry);
  current.current = entry;
  const signOut = useCallback((words?: string) => {
    storeKey(null);
    setEntry({ at: 'out', ...(words === undefined ? {} : { words }) });
  }, []);
  const check = useCallback(
    async (key: string): Promise<void> => {
      try {
        const staff = await checkKey(key);
        storeKey(key);
        setEntry({ at: 'in', key, ...staff });
      } catch (error) {
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) signOut(ENDED);
        else setEntry({ at: 'checking', key, error });
      }
    },
    [signOut],
  );
  useEffect(() => {
    // The back button may bring a whole page back as it was: with a key that was signed out since.
    const back = ({ persisted }: PageTransitionEvent): void => {
      if (persisted && entry.at === 'in' && storedKey() !== entry.key) signOut();
    };
    addEventListener('pageshow', back);
    return () => removeEventListener('pageshow', back);
  }, [entry, signOut]);
  useEffect(() => {
    if (entry.at === 'checking' && entry.error === undefined) void check(entry.key);
  }, [entry, check]);

  if (entry.at === 'in')
    return <SignedIn entry={entry} isCurrent={() => current.current === entry} signOut={signOut} />;
  if (entry.at === 'out')
    return <SignIn words={entry.words} onKey={(key, staff) => setEntry({ at: 'in', key, ...staff })} />;
  return (
    <main class="gate">
      <h1 class="unseen">Aisle admin</h1>
      {entry.error === undefined ? (
        <Busy text="Checking your key…" />
      ) : (
        <ErrorNote error={entry.error} retry={() => setEntry({ at: 'checking', key: entry.key })} />
      )}
    </main>
  );
}

function SignedIn(props: {
  entry: Entry & { at: 'in' };
  isCurrent: () => boolean;
  signOut: (words?: string) => void;
}): VNode {
  const { entry, isCurrent, signOut } = props;
  const { key, subject, role } = entry;
  const client = useMemo(makeQueryClient, [key]);
  const staff = useMemo<Staff>(
    () => ({
      ...{ subject, role, signOut },
      call: async (method, path, options = {}) => {
        try {
          return await call(method, path, { ...options, token: key });
        } catch (error) {
          // A late word about a key that was signed out is not about whoever signed in since.
          if (error instanceof ApiError && error.status === 401 && isCurrent()) signOut(ENDED);
          throw error;
        }
      },
    }),
    [key, subject, role, signOut],
  );
  return (
    <StaffProvider value={staff}>
      <QueryClientProvider client={client}>
        <SaidProvider>
          <Router base="/admin">
            <Shell>
              <Rooms />
            </Shell>
          </Router>
        </SaidProvider>
      </QueryClientProvider>
    </StaffProvider>
  );
}

const Rooms = (): VNode => (
  <Switch>
    <Route path="/">
      <Redirect to="/events" replace />
    </Route>
    <Route path="/events" component={EventsPage} />
    <Route path="/events/new" component={CreateEventPage} />
    <Route path="/events/:id/:part?">
      {({ id, part }) => <EventPage key={id} id={id} part={part ?? 'dashboard'} />}
    </Route>
    <Route path="/webhooks" component={WebhooksPage} />
    <Route path="/webhooks/:id">{({ id }) => <WebhookPage key={id} id={id} />}</Route>
    <Route path="/switches" component={SwitchesPage} />
    <Route path="/queues" component={QueuesPage} />
    <Route path="/keys" component={KeysPage} />
    <Route>
      <PageHead title="There is no such page" />
      <Empty>The address may have been mistyped. Choose a page above.</Empty>
    </Route>
  </Switch>
);
