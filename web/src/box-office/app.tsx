import { QueryClient, QueryClientProvider } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Route, Router, Switch, useLocation } from 'wouter-preact';
import { useHashLocation } from 'wouter-preact/use-hash-location';
import { Blocks } from './blocks.js';
import { ChooseEvent } from './choose-event.js';
import { keepClerk, keptClerk, type Clerk } from './clerk.js';
import { DeskProvider, useDesk } from './desk.js';
import { keep, readKept } from './kept.js';
import { Kiosk } from './kiosk.js';
import { keepKiosk, keptKiosk, type KioskConfig } from './kiosk-config.js';
import { KioskSetup } from './kiosk-setup.js';
import { OrderPage } from './order.js';
import { Orders } from './orders.js';
import { clearPrinted } from './print.js';
import { QuickSale } from './quick-sale.js';
import { Scan } from './scan.js';
import { ChosenSeats } from './seats.js';
import { Shell } from './shell.js';
import { SignIn } from './sign-in.js';
import { Till } from './till.js';
import { TillContext } from './use-till.js';

/** What was read stays on the screen when the next reading fails; whoever needs it fresh asks again. */
const newQueries = (): QueryClient =>
  new QueryClient({
    defaultOptions: { queries: { retry: 1, networkMode: 'always', refetchOnWindowFocus: false, staleTime: 5_000 } },
  });

export function App(): VNode {
  const queries = useMemo(newQueries, []);
  return (
    <QueryClientProvider client={queries}>
      <Router hook={useHashLocation}>
        <BoxOffice queries={queries} />
      </Router>
    </QueryClientProvider>
  );
}

function BoxOffice({ queries }: { queries: QueryClient }): VNode {
  const [clerk, setClerk] = useState<Clerk | null>(keptClerk);
  const current = useRef(clerk);
  current.current = clerk;
  const [eventId, setEventId] = useState(readKept('local', 'event'));
  const [terminal, setTerminal] = useState(readKept('local', 'terminal') ?? '');
  const [words, setWords] = useState<string | undefined>(undefined);
  const [kiosk, setKiosk] = useState(keptKiosk);
  const [, go] = useLocation();
  const signOut = useCallback((said?: string) => {
    keepClerk(null);
    setClerk(null);
    setWords(said);
    // Orders and names that this clerk read are nobody else's.
    queries.clear();
    clearPrinted();
  }, []);
  useEffect(() => {
    // The back button may bring a whole page back as it was: with a key that was signed out since.
    const back = ({ persisted }: PageTransitionEvent): void => {
      if (persisted && keptClerk() === null) signOut();
    };
    addEventListener('pageshow', back);
    return () => removeEventListener('pageshow', back);
  }, [signOut]);
  const chooseEvent = (chosen: string | null): void => {
    keep('local', 'event', chosen);
    setEventId(chosen);
  };
  if (kiosk !== null) {
    const leave = (known: Clerk): void => {
      keepKiosk(null);
      setKiosk(null);
      queries.clear();
      keepClerk(known);
      setClerk(known);
      go('/');
    };
    return <Kiosk config={kiosk} onLeave={leave} />;
  }
  if (clerk === null) {
    const signedIn = (known: Clerk): void => {
      keepClerk(known);
      setClerk(known);
      setWords(undefined);
    };
    const named = (name: string): void => {
      keep('local', 'terminal', name);
      setTerminal(name);
    };
    return <SignIn words={words} terminal={terminal} onTerminal={named} onSignedIn={signedIn} />;
  }
  if (eventId === null) return <ChooseEvent clerk={clerk} onChosen={chooseEvent} onSignOut={signOut} />;
  return (
    <DeskProvider
      key={`${clerk.subject}/${eventId}`}
      {...{ clerk, eventId, terminal }}
      onSignOut={(said) => {
        // A late word about a key that was signed out is not about whoever signed in since.
        if (current.current === clerk) signOut(said);
      }}
      onLeaveEvent={() => chooseEvent(null)}
    >
      <Counter
        onLeaveEvent={() => chooseEvent(null)}
        onKiosk={(config) => {
          keepKiosk(config);
          signOut();
          setKiosk(config);
        }}
      />
    </DeskProvider>
  );
}

/** The terminal's one sale outlives the screens: a clerk may look something up while seats are kept. */
function Counter(props: { onLeaveEvent: () => void; onKiosk: (config: KioskConfig) => void }): VNode {
  const { onLeaveEvent, onKiosk } = props;
  const desk = useDesk();
  const latest = useRef(desk);
  latest.current = desk;
  const till = useMemo(
    () =>
      new Till({
        call: (method, path, options) => latest.current.call(method, path, options),
        ...{ eventId: desk.event.id, subject: desk.clerk.subject, terminal: desk.terminal },
        currency: () => latest.current.event.currency,
      }),
    [],
  );
  useEffect(() => {
    const leave = (): void => till.leave();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      till.close();
    };
  }, [till]);
  return (
    <TillContext.Provider value={till}>
      <Shell onLeaveEvent={onLeaveEvent}>
        <Switch>
          <Route path="/kiosk">
            <KioskSetup onStart={onKiosk} />
          </Route>
          <Route path="/scan" component={Scan} />
          {desk.staff ? <StaffScreens /> : <Scan />}
        </Switch>
      </Shell>
    </TillContext.Provider>
  );
}

function StaffScreens(): VNode {
  return (
    <Switch>
      <Route path="/seats" component={ChosenSeats} />
      <Route path="/orders" component={Orders} />
      <Route path="/orders/:id" component={OrderPage} />
      <Route path="/block" component={Blocks} />
      <Route component={QuickSale} />
    </Switch>
  );
}
