import { byId } from '../shared/dom.js';

/** The panel on a phone: a sheet at the foot, opened by its handle. On a desk it is always open and the handle hidden. */
export class Sheet {
  private readonly handle = byId('sheet', HTMLButtonElement);
  private readonly panel = byId('panel', HTMLElement);

  constructor() {
    this.handle.addEventListener('click', () => this.set(!this.isOpen));
    this.panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.isOpen) return;
      this.close();
      this.handle.focus();
    });
    byId('map', HTMLCanvasElement).addEventListener('pointerdown', () => this.close());
    // A skip link leads into the sheet: it must be open to be reached.
    addEventListener('hashchange', () => this.open());
  }

  get isOpen(): boolean {
    return this.handle.getAttribute('aria-expanded') === 'true';
  }

  open(): void {
    this.set(true);
  }

  close(): void {
    this.set(false);
  }

  private set(open: boolean): void {
    this.handle.setAttribute('aria-expanded', String(open));
  }
}
