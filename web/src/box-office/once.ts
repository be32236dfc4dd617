import { useRef } from 'preact/hooks';
import { newRequestId } from '../../../client-sdk/src/request-id.js';

/** An Idempotency-Key for what is asked: the same content, the same key, until `done`; so a second press is no second refund. */
export interface Once {
  keyFor(content: unknown): string;
  done(): void;
}

export function useOnce(): Once {
  // One each: of two orders that are paid by one press, both keep theirs when the second is asked for again.
  const kept = useRef(new Map<string, string>());
  return {
    keyFor: (content) => {
      const json = JSON.stringify(content);
      const key = kept.current.get(json) ?? newRequestId();
      kept.current.set(json, key);
      return key;
    },
    done: () => kept.current.clear(),
  };
}
