import { createContext, type ComponentChildren, type VNode } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';

/** Says what was done, for some seconds and to screen readers once. */
const SaidContext = createContext<(text: string) => void>(() => undefined);
export const useSay = (): ((text: string) => void) => useContext(SaidContext);

const SHOWN_MS = 6000;

export function SaidProvider({ children }: { children: ComponentChildren }): VNode {
  const [text, setText] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const say = useCallback((words: string) => {
    clearTimeout(timer.current);
    setText(words);
    timer.current = setTimeout(() => setText(''), SHOWN_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <SaidContext.Provider value={say}>
      {children}
      <div class="said" role="status" data-shown={text !== ''}>
        {text === '' ? null : <p>{text}</p>}
      </div>
    </SaidContext.Provider>
  );
}
