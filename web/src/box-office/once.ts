import { useRef } from 'preact/hooks';

/** An Idempotency-Key for what is asked: the same content, the same key, until `done`; so a second press is no second refund. */
export interface Once {
  keyFor(content: unknown): string;
  done(): void;
}

export function useOnce(): Once {
  const kept = useRef<{ json: string; key: string } | null>(null);
  return {
    keyFor: (content) => {
      const json = JSON.stringify(content);
      if (kept.current?.json !== json) kept.current = { json, key: crypto.randomUUID() };
      return kept.current.key;
    },
    done: () => void (kept.current = null),
  };
}
