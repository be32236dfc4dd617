/** What lies over the map. */
export const mapCss = `
.map { display: block; inline-size: 100%; block-size: 100%; cursor: grab; touch-action: none; -webkit-user-select: none; user-select: none;
  -webkit-tap-highlight-color: transparent; }
.map[data-over] { cursor: pointer; }
.map:active { cursor: grabbing; }
.map:focus-visible { outline-offset: -3px; }
.map-pane[data-stale] .map { opacity: 0.55; }
.map-keys { position: absolute; inset-block-end: 12px; inset-inline-start: 12px; max-inline-size: min(46ch, calc(100% - 90px)); padding: 8px 12px;
  border-radius: var(--a-radius); background: var(--a-surface); box-shadow: var(--a-shadow); color: var(--a-muted); font-size: 13px; opacity: 0; pointer-events: none; }
.map:focus-visible + .map-keys { opacity: 1; }
.map-tools { position: absolute; inset-block-end: 12px; inset-inline-end: 12px; display: grid; overflow: hidden; border: 1px solid var(--a-line);
  border-radius: 12px; background: var(--a-surface); box-shadow: var(--a-shadow); }
.map-tools button { display: grid; place-items: center; inline-size: 44px; block-size: 44px; padding: 0; border: 0; background: transparent; cursor: pointer; }
.map-tools button + button { border-block-start: 1px solid var(--a-line); }
.map-tools button:hover { background: var(--a-raised); }
.map-tools button:focus-visible { outline-offset: -3px; }
.minimap { position: absolute; inset-block-start: 12px; inset-inline-end: 12px; inline-size: 132px; block-size: 92px; border: 1px solid var(--a-line);
  border-radius: 8px; background: var(--a-surface); box-shadow: var(--a-shadow); cursor: pointer; touch-action: none; }
@container aisle (max-width: 479.9px) { .minimap { inline-size: 96px; block-size: 68px; } }
.notices { position: absolute; inset-block-start: 10px; inset-inline: 12px; z-index: 2; display: grid; gap: 6px; justify-items: center; pointer-events: none; }
.notices .notice { max-inline-size: 62ch; box-shadow: var(--a-shadow); }
`;
