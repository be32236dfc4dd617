import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Till, TillState } from './till.js';

export const TillContext = createContext<Till | null>(null);

/** The terminal's one sale; the component is drawn anew with each of its steps. */
export function useTill(): Till {
  const till = useContext(TillContext);
  if (till === null) throw new Error('useTill is for what is inside of the counter');
  const [, redraw] = useState<TillState>(till.state);
  useEffect(() => {
    const follow = (): void => redraw(till.state);
    // A step between the drawing and this effect.
    follow();
    return till.subscribe(follow);
  }, [till]);
  return till;
}
