import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * What came of a press. It stands below the button that was pressed: above it, its coming and going would move the next button under a
 * finger that presses again.
 */
export function Outcome({ children }: { children: ComponentChildren }): VNode {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), []);
  return <div ref={box}>{children}</div>;
}
