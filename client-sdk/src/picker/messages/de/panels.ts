import type { PanelsMessages } from '../en/panels.js';

export const panels: PanelsMessages = {
  mapOf: (event, seats) => `Saalplan von ${event}, ${seats}`,
};
