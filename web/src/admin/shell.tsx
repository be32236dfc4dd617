import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { offers, ROLE_WORDS, useStaff, type Offer } from './kit/session.js';

const PLACES: readonly { path: string; name: string; needs?: Offer }[] = [
  { path: '/events', name: 'Events' },
  { path: '/switches', name: 'Switches', needs: 'switches' },
  { path: '/webhooks', name: 'Webhooks', needs: 'webhooks' },
  { path: '/queues', name: 'Queues', needs: 'queues' },
  { path: '/keys', name: 'Keys', needs: 'keys' },
];

/** Masthead and way around; the page's heading gets the focus after each step, as after loading a page. */
export function Shell({ children }: { children: ComponentChildren }): VNode {
  const { role, subject, signOut } = useStaff();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  // The tab of an event is no new page: the focus stays on it.
  const place = location.split('/').slice(0, 3).join('/');
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.querySelector('h1')?.focus();
    first.current = false;
    scrollTo(0, 0);
  }, [place]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="bar">
        <p class="brand">
          <img src="/assets/mark.svg" alt="" width="24" height="24" /> Aisle <span class="brand-room">Admin</span>
        </p>
        <nav class="ways" aria-label="Admin">
          {PLACES.filter(({ needs }) => needs === undefined || offers(role, needs)).map(({ path, name }) => (
            <Link key={path} href={path} aria-current={location.startsWith(path) ? 'page' : undefined}>
              {name}
            </Link>
          ))}
        </nav>
        <div class="who">
          <p>
            <strong>{ROLE_WORDS[role]}</strong>
            <span class="who-subject">{subject}</span>
          </p>
          <button type="button" class="button quiet small" onClick={() => signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" ref={main} class="content" tabindex={-1}>
        {children}
      </main>
    </div>
  );
}

/** The window's title, for tabs, history and screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Aisle admin`;
  }, [title]);
}
