import type { ConnectionState } from '@aisle/client';
import { byId, setText } from '../shared/dom.js';

/** A cut shorter than this is not worth a word: most reconnect before anybody could act on it. */
const QUIET_CUT_MS = 600;

/** Says whether what is on screen is live. */
export class ConnectionBadge {
  private readonly badge = byId('connection', HTMLElement);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wasLive = false;

  constructor(private readonly onStale: (stale: boolean) => void) {}

  /** `stale`: the map is known to lack something. */
  show(state: ConnectionState, stale: boolean): void {
    clearTimeout(this.timer);
    if (state.state === 'ready' && !stale) {
      this.wasLive = true;
      this.set('Live', 'good', false);
      return;
    }
    const [text, tone] = wordsFor(state, this.wasLive);
    const apply = (): void => this.set(text, tone, this.wasLive);
    if (this.wasLive && state.state !== 'closed') this.timer = setTimeout(apply, QUIET_CUT_MS);
    else apply();
  }

  private set(text: string, tone: string, stale: boolean): void {
    setText(this.badge, text);
    this.badge.dataset.tone = tone;
    this.onStale(stale);
  }
}

function wordsFor(state: ConnectionState, wasLive: boolean): [text: string, tone: string] {
  switch (state.state) {
    case 'ready':
      return wasLive ? ['Catching up…', 'warn'] : ['Loading the map…', 'warn'];
    case 'closed':
      return ['Disconnected', 'bad'];
    case 'waiting':
      return ['Offline, trying again', 'bad'];
    case 'idle':
    case 'connecting':
      return wasLive ? ['Reconnecting…', 'warn'] : ['Connecting…', 'warn'];
  }
}
