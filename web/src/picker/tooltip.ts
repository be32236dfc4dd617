import type { Point } from '../../../client-sdk/src/picker/map/bounds.js';
import { byId, make } from '../shared/dom.js';

const AWAY_PX = 16;

/** What the mouse is over. For the eye alone: the keyboard's seat is read out, and the canvas has no pointer for the ear. */
export class Tooltip {
  private readonly element = byId('tooltip', HTMLElement);

  show(at: Point, title: string, lines: readonly string[]): void {
    this.element.replaceChildren(
      make('strong', {}, title),
      ...lines.filter((line) => line !== '').map((line) => make('div', {}, line)),
    );
    this.element.hidden = false;
    const room = this.element.parentElement?.getBoundingClientRect();
    const own = this.element.getBoundingClientRect();
    const right = room !== undefined && at.x + AWAY_PX + own.width > room.width;
    const below = at.y + AWAY_PX + own.height < (room?.height ?? 0);
    const x = right ? at.x - AWAY_PX - own.width : at.x + AWAY_PX;
    const y = below ? at.y + AWAY_PX : at.y - AWAY_PX - own.height;
    this.element.style.transform = `translate(${Math.round(Math.max(x, 4))}px, ${Math.round(Math.max(y, 4))}px)`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
