export const HOLD_NOTE_KINDS = ['changed', 'expiring', 'expired', 'released', 'reserved', 'sold'] as const;
export type HoldNoteKind = (typeof HOLD_NOTE_KINDS)[number];

/** To the holder alone. */
export interface HoldNote {
  kind: HoldNoteKind;
  token: string;
  eventId: string;
}
