/** What is told of a place on the map. */
export const cardsCss = `
.card { position: absolute; z-index: 3; display: grid; gap: 2px; max-inline-size: 280px; padding: 10px 14px; border-radius: var(--a-radius);
  background: var(--a-surface); box-shadow: var(--a-shadow), 0 0 0 1px var(--a-line); font-size: 14px; line-height: 1.4; }
.card.hover { inset-block-start: 0; left: 0; pointer-events: none; }
.card.docked { inset-block-start: 12px; inset-inline-start: 12px; pointer-events: none; }
.card.choice { inset-block-end: 12px; inset-inline: 12px; max-inline-size: 420px; padding: 14px 16px; margin-inline: auto; }
.card .close { position: absolute; inset-block-start: 6px; inset-inline-end: 6px; }
.card-title { font-size: 15px; }
.card-detail { color: var(--a-muted); font-size: 13px; }
.card-price { display: flex; gap: 8px; align-items: center; }
.card-standing { font-weight: 600; }
.card-standing[data-standing='free'] { color: var(--a-good); }
.card-note { margin-block-start: 4px; padding: 4px 8px; border-radius: 6px; background: var(--a-warn-wash); color: var(--a-warn); font-size: 13px; }
.choice-row { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 10px; margin-block-start: 8px; }
@media (forced-colors: active) { .card, .minimap, .map-tools { border: 1px solid CanvasText; } }
`;
