/** well: nothing to do. warning: should be seen to. fault: must be mended. away: a store does not answer. */
export type Level = 'well' | 'warning' | 'fault' | 'away';

export interface Finding {
  /** Stable, for scripts: "redis-policy". */
  readonly check: string;
  readonly level: Level;
  /** What was seen. */
  readonly text: string;
  /** What to do; for whatever is not well. */
  readonly remedy?: string;
}

export const well = (check: string, text: string): Finding => ({ check, level: 'well', text });
export const warning = (check: string, text: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  text,
  remedy,
});
export const fault = (check: string, text: string, remedy: string): Finding => ({
  check,
  level: 'fault',
  text,
  remedy,
});
export const away = (check: string, text: string, remedy: string): Finding => ({ check, level: 'away', text, remedy });

/** What an error says to a person, the cause of an UNAVAILABLE included; no stack. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  const message = inner.message.split('\n')[0] ?? '';
  return message === '' ? code : message;
}

/** A URL as it may be shown: no user, no password. */
export function shownUrl(url: string): string {
  if (url.startsWith('unix://')) return url;
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return '(an address that cannot be read)';
  }
}
