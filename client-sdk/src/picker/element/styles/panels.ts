/** The panels beside the map. */
export const panelsCss = `
.block { display: grid; gap: 12px; padding: 18px 16px; }
.block + .block { border-block-start: 1px solid var(--a-line); }
h2 { font-size: 16px; line-height: 1.25; letter-spacing: -0.01em; text-wrap: balance; }
h2:focus { outline: none; }

.best { display: flex; flex-wrap: wrap; gap: 12px; align-items: end; }
.best .grows { flex: 1 1 150px; }
.best .whole, .best .wide { flex: 1 1 100%; }

.areas { display: grid; gap: 4px; }
.areas li { display: flex; flex-wrap: wrap; gap: 8px 10px; align-items: center; margin-inline: -8px; padding: 8px; border-radius: var(--a-radius); }
.areas li[data-called] { background: var(--a-accent-wash); }
.areas .button { flex: 1; }
.areas .name { display: flex; flex: 1 1 100%; gap: 10px; align-items: center; min-inline-size: 0; font-weight: 600; }
.areas small { display: block; color: var(--a-muted); font-size: 13px; font-weight: 400; }
.areas .ticket-type { flex: 1 1 100%; }

.legend { display: grid; gap: 8px; font-size: 15px; }
.legend li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 0 10px; align-items: center; }
.legend .name { overflow-wrap: anywhere; }
.legend .price { font-variant-numeric: tabular-nums; font-weight: 600; }
.legend .left { grid-column: 2 / -1; color: var(--a-muted); font-size: 13px; }
.signs { display: flex; flex-wrap: wrap; gap: 6px 16px; color: var(--a-muted); font-size: 13px; }
.signs li { display: flex; gap: 8px; align-items: center; }
.sign { flex: none; inline-size: 14px; block-size: 14px; border-radius: 50%; forced-color-adjust: none; }
.sign.free, .sign.square, .sign.diamond { background: var(--a-accent); }
.sign.square { border-radius: 4px; }
.sign.diamond { border-radius: 1px; scale: 0.8; rotate: 45deg; }
.sign.mine { inline-size: 10px; block-size: 10px; margin: 2px; outline: 1.5px solid var(--a-ink); outline-offset: 1.5px; background: var(--a-ink); }
.sign.held { border: 2.5px solid var(--a-muted); }
.sign.sold { inline-size: 6px; block-size: 6px; margin: 4px; background: var(--a-muted); }

.basket { display: grid; gap: 10px; padding: 14px 16px 0; }
.yours { border-block-start: 1px solid var(--a-line); }
.basket header { display: flex; align-items: center; justify-content: space-between; min-block-size: 32px; }
.basket > .quiet { padding-block-end: 16px; }
.holds, .hold, .findings { display: grid; gap: 8px; }
.holds:empty { display: none; }
.hold + .hold { padding-block-start: 12px; border-block-start: 1px dashed var(--a-line); }
.hold-head { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; min-block-size: 36px; }
.hold-head .words { flex: 1; color: var(--a-muted); font-size: 14px; }
.line { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 0 8px; align-items: center; padding-block: 4px; }
.line + .line { border-block-start: 1px solid var(--a-line); }
.line[data-leaving] { opacity: 0.55; }
.line .name { min-inline-size: 0; line-height: 1.35; }
.line .title { padding: 0; border: 0; background: none; font-weight: 600; text-align: start; }
.line button.title { min-block-size: 24px; cursor: pointer; }
.line button.title:hover { text-decoration: underline; }
.line small { display: block; color: var(--a-muted); font-size: 13px; }
.line .price { font-variant-numeric: tabular-nums; font-weight: 600; }
.line .icon-button { margin-inline-end: -10px; }
.line .ticket-type, .line .type { grid-column: 1 / -1; }
.line .ticket-type { min-block-size: 40px; margin-block: 4px; font-size: 14px; }
.total { position: sticky; inset-block-end: 0; display: grid; gap: 10px; margin-inline: -16px; padding: 10px 16px 14px; border-block-start: 1px solid var(--a-line);
  background: var(--a-surface); }
.amount { display: flex; justify-content: space-between; color: var(--a-muted); font-size: 14px; }
.amount dd { font-variant-numeric: tabular-nums; }
.amount.main { color: var(--a-ink); font-size: 17px; font-weight: 700; }
`;
