/** npm passes each signal on, and the terminal sends Ctrl-C to everybody: one wish arrives two or three times. */
const SAME_WISH_MS = 2000;
const PARENT_CHECK_MS = 1000;

export interface StopRequests {
  /** Aborted at the first request; the reason says by whom. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/**
 * Ctrl-C, SIGTERM and a closed terminal ask us to stop; so does the end of the npm that started us, which on some shells
 * dies without passing its signal on. Asking again after two seconds, with impatience, calls `force`.
 */
export function listenForStop(force: () => void): StopRequests {
  const controller = new AbortController();
  let askedAt = 0;
  const ask = (how: string): void => {
    if (!controller.signal.aborted) {
      askedAt = Date.now();
      controller.abort(how);
    } else if (Date.now() - askedAt > SAME_WISH_MS) {
      force();
    }
  };
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of signals) process.on(name, ask);
  const timer = process.env.npm_lifecycle_event === undefined ? undefined : watchParent(() => ask('npm ended'));
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.removeListener(name, ask);
      clearInterval(timer);
    },
  };
}

function watchParent(gone: () => void): NodeJS.Timeout {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, PARENT_CHECK_MS);
  timer.unref();
  return timer;
}
