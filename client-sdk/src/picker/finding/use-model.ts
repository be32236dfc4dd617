import { useEffect, useState } from 'preact/hooks';
import type { PickerModel } from '../model.js';

/** Others' changes are shown this often: 500 a second would otherwise draw 500 times. One's own are shown at once. */
const SEATS_EVERY_MS = 250;

/** Draws again when the model changes; answers how often it has. */
export function useModel(model: PickerModel, seats = true): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = (): void => {
      clearTimeout(timer);
      timer = undefined;
      setVersion((before) => before + 1);
    };
    const ends = [model.subscribe(draw)];
    if (seats) ends.push(model.onSeats(() => (timer ??= setTimeout(draw, SEATS_EVERY_MS))));
    // What changed between the drawing and this effect.
    draw();
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [model, seats]);
  return version;
}
