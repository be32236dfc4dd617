import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Language } from '../messages/index.js';
import type { PanelsMessages } from '../messages/en/panels.js';
import type { PlaceNames } from '../messages/place-names.js';
import type { PickerModel, PickerState } from '../model.js';

/** What the panels ask of the map and of the element around them. */
export interface PickerActions {
  /** Brings seats into view on the map. */
  show(seatNos: readonly number[]): void;
  checkout(): void;
}

export interface PickerParts {
  readonly model: PickerModel;
  readonly language: Language;
  readonly names: PlaceNames;
  readonly actions: PickerActions;
  /** In place of the catalogue's own words. */
  readonly checkoutLabel: string | undefined;
  /** Of the categories' seats, by position in the chart, as the map draws them. */
  readonly colours: readonly string[];
}

export const PickerContext = createContext<PickerParts | null>(null);

export function usePicker(): PickerParts & { readonly words: PanelsMessages } {
  const parts = useContext(PickerContext);
  if (parts === null) throw new Error('A panel of the picker stands outside of it.');
  return { ...parts, words: parts.language.messages.panels };
}

/** The picker's state, and a new drawing of the component whenever there is another one. */
export function usePickerState(): PickerState {
  const { model } = usePicker();
  const [, redraw] = useState<PickerState>(model.state);
  useEffect(() => {
    const follow = (): void => redraw(model.state);
    // What changed between the drawing and this effect.
    follow();
    return model.subscribe(follow);
  }, [model]);
  return model.state;
}
