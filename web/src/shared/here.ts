import { useCallback, useEffect, useRef } from 'preact/hooks';

/** Whether it is still on the page: an answer may come after its dialog was closed, and another opened. */
export function useHere(): () => boolean {
  const gone = useRef(false);
  useEffect(() => () => void (gone.current = true), []);
  return useCallback(() => !gone.current, []);
}
