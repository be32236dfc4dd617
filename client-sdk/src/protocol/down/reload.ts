/** Take a fresh map after a random wait of up to 2 s. */
export interface Reload {
  eventId: string;
  epoch: number;
  chartVersion: number;
}
