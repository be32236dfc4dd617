/** Tells this browser's other tabs that the holds of an event are others now; each asks the server itself. */
export interface Tabs {
  tell(): void;
  close(): void;
}

interface Channel {
  onmessage: ((message: never) => void) | null;
  postMessage(message: string): void;
  close(): void;
  unref?(): void;
}

const NONE: Tabs = { tell: () => undefined, close: () => undefined };

/** `scope`: whose tabs (server, event, guest or not). Where the browser has no BroadcastChannel, the server's notes have to do. */
export function openTabs(scope: string, onNews: () => void): Tabs {
  if (typeof BroadcastChannel !== 'function') return NONE;
  let channel: Channel;
  try {
    channel = new BroadcastChannel(`aisle ${scope}`);
  } catch {
    // Opaque origins (sandboxed frames) may refuse.
    return NONE;
  }
  channel.onmessage = () => onNews();
  // Under Node an open channel would keep the process alive.
  channel.unref?.();
  return {
    tell: () => channel.postMessage('holds'),
    close: () => channel.close(),
  };
}
