/** Where house seats are written down for good, before the script runs (SPEC O6). */
export interface BlockLedger {
  /** Returns what takes exactly this back. Throws AisleError UNAVAILABLE. */
  add(write: BlockEntry): Promise<UndoBlock>;
  remove(write: BlockEntry): Promise<UndoBlock>;
}
export interface BlockEntry {
  readonly eventId: string;
  /** As Redis was seen to have it, not being loaded. Another one in Postgres: UNAVAILABLE, details.reason 'epoch'. */
  readonly epoch?: number;
  readonly seats: readonly number[];
  readonly areas: readonly { readonly areaNo: number; readonly quantity: number }[];
  readonly label: string;
  readonly reason: string;
  readonly actor: string;
}
export type UndoBlock = () => Promise<void>;
