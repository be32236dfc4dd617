import type { Beacon } from './beacon.js';
import type { EventChanged } from './event.js';
import type { Hello } from './hello.js';
import type { HoldNote } from './hold.js';
import type { InventoryFrame } from './inventory.js';
import type { Notice } from './notice.js';
import type { Reload } from './reload.js';
import type { SeatsFrame } from './seats.js';

/** Everything a server may send. */
export interface Down {
  hello: Hello;
  seats: SeatsFrame;
  beacon: Beacon;
  inventory: InventoryFrame;
  event: EventChanged;
  hold: HoldNote;
  reload: Reload;
  notice: Notice;
}
export type DownName = keyof Down;
