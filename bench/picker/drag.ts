import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';
import { VIEWPORT } from './browser.js';

const STEP_MS = 1000 / 60;
/** 720 CSS pixels a second: a brisk drag. */
const STEP_PX = 12;

/**
 * Drags the map to the left with the mouse, as the browser gets it from a hand: moves arrive at their times whether or not
 * the page keeps up. Ends when the page has dealt with all of them.
 */
export async function drag(cdp: CDPSession, lastsMs: number): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const steps = Math.round(lastsMs / STEP_MS);
  const right = VIEWPORT.width / 2 + (steps * STEP_PX) / 2;
  const y = VIEWPORT.height / 2;
  const mouse = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', x: number): void => {
    sent.push(
      cdp.send('Input.dispatchMouseEvent', {
        type,
        x,
        y,
        button: 'left',
        buttons: type === 'mouseReleased' ? 0 : 1,
        clickCount: 1,
      }),
    );
  };
  mouse('mousePressed', right);
  const began = performance.now();
  for (let step = 1; step <= steps; step++) {
    await pause(Math.max(began + step * STEP_MS - performance.now(), 0));
    mouse('mouseMoved', right - step * STEP_PX);
  }
  mouse('mouseReleased', right - steps * STEP_PX);
  await Promise.all(sent);
}
