import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { statusWords } from '../shared/event-status.js';
import { eventTime } from '../shared/format.js';
import { useBoard, useDesk } from './desk.js';
import { ShortcutHelp } from './shortcut-help.js';
import { useShortcuts } from './shortcuts.js';

export interface Screen {
  readonly path: string;
  readonly label: string;
  readonly key: string;
  /** Shown to a kiosk's key too. */
  readonly kiosk?: true;
}

export const SCREENS: readonly Screen[] = [
  { path: '/', label: 'Quick sale', key: 'F2' },
  { path: '/seats', label: 'Seats', key: 'F3' },
  { path: '/orders', label: 'Orders', key: 'F4' },
  { path: '/block', label: 'Block', key: 'F6' },
  { path: '/scan', label: 'Scan', key: 'F7', kiosk: true },
];

export const screensFor = (staff: boolean): readonly Screen[] => SCREENS.filter(({ kiosk }) => staff || kiosk === true);

export function Shell(props: { children: ComponentChildren; onLeaveEvent: () => void }): VNode {
  const { event, terminal, staff, signOut } = useDesk();
  const [path, go] = useLocation();
  const [help, setHelp] = useState(false);
  const screens = screensFor(staff);
  useShortcuts({
    ...Object.fromEntries(screens.map((screen) => [screen.key, () => go(screen.path)])),
    '?': () => setHelp(true),
  });
  return (
    <div class="desk">
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to the counter
      </a>
      <header class="desk-head">
        <div class="desk-event">
          <button type="button" class="event-name" title="Choose another event" onClick={props.onLeaveEvent}>
            <strong>{event.name}</strong>
            <span>{eventTime(event, 'short')}</span>
          </button>
          <LinkBadge />
        </div>
        <nav class="tabs" aria-label="Box office">
          {screens.map((screen) => (
            <a
              key={screen.path}
              href={`#${screen.path}`}
              aria-current={isAt(path, screen.path) ? 'page' : undefined}
              aria-keyshortcuts={screen.key}
            >
              {screen.label} <kbd aria-hidden="true">{screen.key}</kbd>
            </a>
          ))}
        </nav>
        <details class="desk-menu">
          <summary>
            <span class="unseen">Menu, </span>
            <span class="menu-terminal">{terminal}</span>
            <span aria-hidden="true">☰</span>
          </summary>
          <div class="menu-items">
            <p class="hint">Terminal: {terminal}</p>
            <a class="button quiet" href="#/kiosk">
              Kiosk mode
            </a>
            <button type="button" class="button quiet" onClick={() => setHelp(true)}>
              Keys <kbd aria-hidden="true">?</kbd>
            </button>
            <button type="button" class="button quiet" onClick={props.onLeaveEvent}>
              Another event
            </button>
            <button type="button" class="button quiet" onClick={() => signOut()}>
              Sign out
            </button>
          </div>
        </details>
      </header>
      <LinkNotice />
      <main id="main" tabIndex={-1}>
        <h1 class="unseen">Box office: {screens.find((screen) => isAt(path, screen.path))?.label ?? event.name}</h1>
        {props.children}
      </main>
      {help ? <ShortcutHelp screens={screens} onClose={() => setHelp(false)} /> : null}
    </div>
  );
}

/** The address after # is the route's: the skip link moves the focus by hand. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

const isAt = (path: string, screen: string): boolean =>
  screen === '/' ? path === '/' : path === screen || path.startsWith(`${screen}/`);

const LINKS = {
  connecting: { label: 'Connecting', tone: 'plain' },
  live: { label: 'Live', tone: 'good' },
  polling: { label: 'Slow line', tone: 'warn' },
  offline: { label: 'No connection', tone: 'bad' },
} as const;

function LinkBadge(): VNode {
  const { link } = useBoard();
  const { label, tone } = LINKS[link];
  return (
    <span class="badge" data-tone={tone} data-link={link} role="status">
      {label}
    </span>
  );
}

/** What cannot be done now and how old is what is shown; or that the event is not on sale. */
function LinkNotice(): VNode | null {
  const { event } = useDesk();
  const { link, heardAt, status } = useBoard();
  const banner = statusWords(status ?? event.status).banner;
  if (link === 'offline') {
    return (
      <div class="notice link-notice" data-tone="bad" role="alert">
        <strong>No connection to the server.</strong> Selling, blocking, refunds and scans wait until it is back, which
        is tried all the time. What you see is the last that was heard
        <Age at={heardAt} />.
      </div>
    );
  }
  if (banner === undefined) return null;
  return (
    <div class="notice link-notice" role="status">
      {banner}
    </div>
  );
}

/** ", 2 min ago": drawn anew every second, without being read out every second. */
function Age({ at }: { at: number | null }): VNode | null {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (at === null) return null;
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const text = seconds < 90 ? `${String(seconds)} s` : `${String(Math.round(seconds / 60))} min`;
  return (
    <span aria-live="off" data-age={seconds}>
      {`, ${text} ago`}
    </span>
  );
}
