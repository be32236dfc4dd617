import type * as Uws from 'uWebSockets.js';

/** Throws on import where there is no binary for this Node or platform. */
export async function loadUws(): Promise<{ ok: true; uws: typeof Uws } | { ok: false; reason: string }> {
  try {
    return { ok: true, uws: await import('uWebSockets.js') };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: message.split('\n')[0] ?? message };
  }
}
