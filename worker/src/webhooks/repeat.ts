import type { Logger } from '../../../server/src/platform/logger.js';

export interface Repeated {
  /** The next round comes now. */
  wake(): void;
  /** Waits for the round under way. */
  stop(): Promise<void>;
}

const MAX_PAUSE_MS = 2000;

/**
 * One round after another, `everyMs` apart, for ever: at once where a round says that there is more (true), and after a
 * failure up to two seconds apart.
 */
export function repeat(what: string, everyMs: number, round: () => Promise<boolean>, logger: Logger): Repeated {
  let stopped = false;
  let woken = false;
  let failures = 0;
  let cut: (() => void) | null = null;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      cut = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!stopped) {
      woken = false;
      let more = false;
      try {
        more = await round();
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.debug({ err: error }, `${what}: the next round tries again`);
      }
      if (more || stopped || (woken && failures === 0)) continue;
      await pause(
        failures === 0 ? everyMs : Math.min(MAX_PAUSE_MS, Math.max(everyMs, 100) * 2 ** Math.min(failures, 5)),
      );
      cut = null;
    }
  };
  const running = run();

  return {
    wake() {
      woken = true;
      // While Postgres is away a wake-up is no reason to ask more often.
      if (failures === 0) cut?.();
    },
    async stop() {
      stopped = true;
      cut?.();
      await running;
    },
  };
}
