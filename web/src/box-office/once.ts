import { useRef } from 'preact/hooks';
import { newRequestId } from '../../../client-sdk/src/request-id.js';
import { ApiError } from '../shared/api.js';

/** An Idempotency-Key for what is asked: the same content, the same key, until `done`; so a second press is no second refund. */
export interface Once {
  keyFor(content: unknown): string;
  done(): void;
  /**
   * What the server refused for certain it would refuse again under the same key, for ten minutes (SPEC S7): the next press is a
   * new question. What is not known keeps its key.
   */
  refused(error: unknown): void;
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
    refused: (error) => {
      const certain = error instanceof ApiError && !error.retryable && error.code !== 'UNAUTHENTICATED';
      if (certain) kept.current.clear();
    },
  };
}
