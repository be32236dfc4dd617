import type { PlaceNames } from '../messages/place-names.js';
import type { Language } from '../messages/language.js';
import type { PickerModel } from '../model.js';

/** What the element lets these ways do with the drawing. */
export interface MapWays {
  /** Turns to the map and brings the seats into view. */
  showSeats(seatNos: readonly number[]): void;
  /** Brings it into view on the map, whether that is shown or not. */
  showSection(position: number): void;
  /** The keyboard's seat on the map; undefined takes it away. */
  putCursor(seatNo: number | undefined): void;
  /** Opens the area's stepper; without it one place is held at a press. */
  showArea?(areaNo: number): void;
}

export interface FindingProps {
  readonly model: PickerModel;
  readonly language: Language;
  readonly names: PlaceNames;
  readonly ways: MapWays;
  /** Read out, not shown. */
  readonly say: (text: string) => void;
}
