import type { ChartView } from '../map/chart-view.js';
import type { Minimap } from '../map/minimap.js';
import { EXTRAS } from './later-extras.js';

/** Made when not all of the map is on screen for the first time; the canvas stays hidden until then. Returns what closes it. */
export function minimapWhenNeeded(canvas: HTMLCanvasElement, view: ChartView): () => void {
  let minimap: Minimap | undefined;
  let closed = false;
  let asked = false;
  const off = view.onViewport(({ allShown }) => {
    if (allShown || asked) return;
    asked = true;
    EXTRAS.load().then(
      (loaded) => {
        if (!closed) minimap = new loaded.Minimap({ canvas, view });
      },
      // Nothing is lost without it; tried again at the next move.
      () => (asked = false),
    );
  });
  return () => {
    closed = true;
    off();
    minimap?.close();
  };
}
