import { keep, readKeptJson } from './kept.js';

/** What a kiosk is set to. It holds no key: buyers buy as guests, and whoever leaves kiosk mode brings a key again. */
export interface KioskConfig {
  readonly eventId: string;
  readonly terminal: string;
  /** By the server's payment provider, where it has one that works without its own scripts (the sandbox). */
  readonly card: boolean;
  /** The order waits, and the counter takes the money. */
  readonly counter: boolean;
  /** Without a touch for so long it starts over. */
  readonly idleSeconds: number;
}

export const LEAST_IDLE_S = 15;
export const MOST_IDLE_S = 600;
const NAME = 'kiosk';

export const keepKiosk = (config: KioskConfig | null): void =>
  keep('local', NAME, config === null ? null : JSON.stringify(config));

/** Kept over reloads and restarts: a buyer who loads the page again is not at the counter. */
export function keptKiosk(): KioskConfig | null {
  const value = readKeptJson('local', NAME) as Partial<Record<keyof KioskConfig, unknown>> | null;
  if (value === null || typeof value.eventId !== 'string') return null;
  const { eventId, terminal, card, counter, idleSeconds } = value;
  return {
    eventId,
    terminal: typeof terminal === 'string' ? terminal : 'Kiosk',
    card: card === true,
    counter: counter !== false,
    idleSeconds: typeof idleSeconds === 'number' ? Math.max(LEAST_IDLE_S, Math.min(idleSeconds, MOST_IDLE_S)) : 60,
  };
}
