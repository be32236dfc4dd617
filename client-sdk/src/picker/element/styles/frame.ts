/**
 * Where things stand: beside the map where the element is wide; where it is narrow, sheets over its foot, opened by the bar: messages must
 * not cover what a sheet has at its foot, the way to the checkout. Logical sides throughout.
 */
export const frameCss = `
:host { display: block; block-size: 640px; min-block-size: 420px; container: aisle / inline-size; contain: layout paint;
  background: var(--a-ground); color: var(--a-ink); font: 400 var(--a-font-size)/1.5 var(--a-font); text-align: start;
  -webkit-font-smoothing: antialiased; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
:host([hidden]) { display: none; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
button, input, select { font: inherit; color: inherit; }
:focus-visible { outline: 3px solid var(--a-accent); outline-offset: 2px; }

.root, .frame { block-size: 100%; }
.frame { position: relative; display: grid; grid-template: minmax(0, 1fr) auto / minmax(0, 1fr); overflow: hidden; }
.stage { position: relative; display: grid; grid-template-rows: auto minmax(0, 1fr); min-inline-size: 0; min-block-size: 0; }
.toolbar { display: flex; align-items: center; gap: 8px; block-size: 56px; padding: 6px 12px; border-block-end: 1px solid var(--a-line);
  background: var(--a-surface); }
.toolbar .badge { min-inline-size: 0; margin-inline-start: auto; }
.toolbar > * { flex: none; }
.toolbar > .badge { flex: 0 1 auto; }
@container aisle (max-width: 479.9px) {
  .toolbar { gap: 6px; padding-inline: 8px; }
  .toolbar .switch .icon { display: none; }
  .toolbar .filter-button { inline-size: 44px; padding: 0; }
  .toolbar .filter-button span { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
}
.view { position: relative; min-block-size: 0; overflow: hidden; }
.pane { position: absolute; inset: 0; }
.map-pane { background: var(--aisle-map-ground, var(--a-ground)); }
.list-pane { overflow-y: auto; overscroll-behavior: contain; background: var(--a-surface); }

.switch { display: inline-flex; padding: 2px; border: 1px solid var(--a-strong-line); border-radius: var(--a-radius); }
.switch button { display: inline-flex; align-items: center; gap: 6px; min-block-size: 38px; padding: 0 12px; border: 0;
  border-radius: calc(var(--a-radius) - 3px); background: transparent; font-size: 14px; font-weight: 600; cursor: pointer; }
.switch button[aria-pressed='true'] { background: var(--a-accent); color: var(--a-on-accent); }
.switch button:hover:not([aria-pressed='true']) { background: var(--a-raised); }
.filter-button[data-active] { border-color: var(--a-accent); background: var(--a-accent-wash); color: var(--a-accent); }
.filters { position: absolute; inset-block-start: 0; inset-inline: 0; z-index: 4; max-block-size: 100%; overflow-y: auto; padding: 16px;
  border-block-end: 1px solid var(--a-line); background: var(--a-surface); box-shadow: var(--a-shadow); }

.side { position: relative; z-index: 4; }
.bar { position: relative; display: grid; grid-template-columns: auto minmax(0, 1fr); block-size: 60px; border-block-start: 1px solid var(--a-line);
  background: var(--a-surface); }
.bar button { display: flex; align-items: center; gap: 10px; min-inline-size: 0; padding: 0 14px; border: 0; background: transparent;
  font-weight: 600; font-size: 15px; cursor: pointer; }
.bar button + button { border-inline-start: 1px solid var(--a-line); }
.bar button:focus-visible { outline-offset: -3px; }
.bar button[aria-expanded='true'] { background: var(--a-raised); }
.bar .summary > span:first-child { flex: 1; text-align: start; line-height: 1.25; }
.bar .icon-up { flex: none; color: var(--a-muted); transition: transform 160ms; }
.bar [aria-expanded='true'] .icon-up { transform: rotate(180deg); }
.choose, .yours { position: absolute; inset-inline: 0; inset-block-end: 100%; max-block-size: min(70cqi * 1.4, 440px); overflow-y: auto;
  overscroll-behavior: contain; border-block-start: 1px solid var(--a-line); border-radius: 16px 16px 0 0; background: var(--a-surface);
  box-shadow: 0 -8px 32px rgb(0 0 0 / 18%); visibility: hidden; transform: translateY(16px); opacity: 0;
  transition: opacity 140ms, transform 140ms, visibility 0s 140ms; }
.side[data-open='choose'] .choose, .side[data-open='yours'] .yours { visibility: visible; transform: none; opacity: 1;
  transition: opacity 140ms, transform 140ms; }
@container aisle (max-width: 759.9px) { .frame[data-sheet] .f-toasts { inset-block: 66px auto; } }

.waiting { display: grid; place-items: center; padding: 24px; color: var(--a-muted); text-align: center; }
.failure { display: grid; gap: 8px; justify-items: center; max-inline-size: 44ch; color: var(--a-ink); }
.failure p { color: var(--a-muted); }
.failure .button { margin-block-start: 8px; }

@container aisle (min-width: 760px) {
  .frame:not([data-mode='select']) { grid-template: minmax(0, 1fr) / minmax(0, 1fr) var(--a-panel-width); }
  .side { display: flex; flex-direction: column; min-block-size: 0; border-inline-start: 1px solid var(--a-line); background: var(--a-surface); }
  .bar { display: none; }
  .choose, .yours { position: static; max-block-size: none; border-radius: 0; box-shadow: none; visibility: visible; transform: none; opacity: 1; }
  .choose { flex: 1 1 0; min-block-size: 0; border: 0; }
  .yours { flex: 0 1 auto; min-block-size: 140px; max-block-size: 62%; }
}

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { transition: none !important; animation: none !important; }
}
`;
