/** At most one a second. Each category: [total, sold, pending, available]. */
export interface InventoryFrame {
  eventId: string;
  epoch: number;
  seq: number;
  categories: Record<string, [number, number, number, number]>;
}
