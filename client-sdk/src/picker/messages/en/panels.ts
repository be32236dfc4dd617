/** The words around the map: basket, cards, toolbar, notices. */
export const panels = {
  mapOf: (event: string, seats: string) => `Seat map of ${event}, ${seats}`,
};
export type PanelsMessages = typeof panels;
