/** The looks of what is loaded later, see lists.ts. */
export const listsCss = `
.f-filters legend { margin-block-end: 6px; padding: 0; color: var(--a-muted); font-size: 13px; }
.f-results { display: grid; margin-block-start: 8px; overflow: hidden; border: 1px solid var(--a-line); border-radius: var(--a-radius);
  background: var(--a-surface); box-shadow: var(--a-shadow); }
.f-results li { display: grid; grid-template-columns: 20px minmax(0, 1fr) auto auto; gap: 8px; align-items: center; padding: 6px 8px 6px 12px; }
.f-results li + li { border-block-start: 1px solid var(--a-line); }
.f-none { padding: 24px 12px; text-align: center; }
.f-results .button { padding: 0 12px; font-size: 14px; }
.f-results .f-show { border-color: transparent; color: var(--a-accent); }
.f-find .quiet { padding-block-start: 8px; }

.f-tree { display: grid; max-inline-size: 760px; margin-inline: auto; padding: 8px; }
.f-line { position: relative; display: flex; gap: 10px; align-items: center; min-block-size: 44px; padding-block: 4px; padding-inline: calc(10px + var(--level) * 18px) 8px;
  border-radius: 8px; cursor: pointer; user-select: none; -webkit-user-select: none; touch-action: manipulation; scroll-margin-block: 96px 16px; }
.f-line:hover { background: var(--a-raised); }
.f-line:focus-visible { outline-offset: -3px; }
.f-line[aria-selected='true'] { background: var(--a-accent-wash); }
.f-section .f-name, .f-area .f-name { font-weight: 600; }
.f-name { flex: 1; min-inline-size: 0; line-height: 1.3; overflow-wrap: anywhere; }
.f-name small, .f-figure small { display: block; color: var(--a-muted); font-size: 13px; font-weight: 400; }
.f-figure { flex: none; max-inline-size: 55%; color: var(--a-ink); font-variant-numeric: tabular-nums; line-height: 1.3; text-align: end; }
:is(.f-section, .f-row, .f-part, .f-area) .f-figure { color: var(--a-muted); font-size: 14px; }
:is(.f-is-held, .f-is-reserved, .f-is-sold, .f-is-blocked) .f-name { color: var(--a-muted); }
.f-line[aria-expanded='false']:is(.f-is-held, .f-is-reserved, .f-is-sold, .f-is-blocked) > .f-twist { visibility: hidden; }
.f-twist { flex: none; inline-size: 28px; block-size: 28px; margin-inline-end: -4px; }
.f-seat .f-twist { border: 1px solid var(--a-strong-line); border-radius: 8px; inline-size: 36px; block-size: 36px; }
.f-twist::before { display: block; inline-size: 8px; block-size: 8px; margin: calc(50% - 6px) auto 0; border: solid var(--a-muted); border-width: 0 2px 2px 0; content: '';
  transform: rotate(45deg); }
.f-line[aria-expanded='true'] > .f-twist::before { transform: translateY(4px) rotate(-135deg); }
.f-mark { flex: none; overflow: visible; color: var(--a-muted); }
.f-is-free .f-mark { color: var(--a-good); }
.f-is-mine .f-mark, .f-is-taking .f-mark { color: var(--a-accent); }
.f-mark .f-full { fill: currentcolor; }
.f-mark .f-edge { fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; }
.f-mark .f-tick { fill: none; stroke: var(--a-on-accent); stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }

.f-filters { display: grid; gap: 14px; min-inline-size: 0; }
.f-filters .field { max-inline-size: 320px; }
.f-filters fieldset { min-inline-size: 0; margin: 0; padding: 0; border: 0; }
.f-chips { display: flex; flex-wrap: wrap; gap: 8px; }
.f-chip { display: inline-flex; gap: 8px; align-items: center; min-block-size: 44px; max-inline-size: 100%; padding: 4px 12px; border: 1px solid var(--a-strong-line);
  border-radius: 22px; background: var(--a-surface); font-size: 14px; text-align: start; cursor: pointer; }
.f-chip:hover { background: var(--a-raised); }
.f-chip[aria-pressed='true'] { border-color: var(--a-accent); background: var(--a-accent-wash); box-shadow: inset 0 0 0 1px var(--a-accent); }
.f-chip[aria-pressed='true']::after { inline-size: 6px; block-size: 11px; margin: -3px 4px 0; border: solid var(--a-accent); border-width: 0 2.5px 2.5px 0; content: '';
  transform: rotate(45deg); }
.f-left { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; justify-content: space-between; font-size: 14px; font-weight: 600; }
.f-left:empty { display: none; }
.f-keys { max-inline-size: 728px; margin: 8px auto 16px; padding-inline: 16px; border-block-start: 1px solid var(--a-line); font-size: 14px; }
.f-keys summary { min-block-size: 44px; padding-block: 10px; color: var(--a-muted); font-weight: 600; cursor: pointer; }
.f-keys h3 { margin: 12px 0 4px; font-size: 14px; }
.f-keys dl { display: grid; margin: 0; }
.f-keys dl div { display: grid; grid-template-columns: minmax(0, 11em) minmax(0, 1fr); gap: 12px; padding-block: 5px; }
.f-keys dt { display: flex; flex-wrap: wrap; gap: 4px; align-content: start; }
.f-keys kbd { padding: 1px 7px; border: 1px solid var(--a-strong-line); border-block-end-width: 2px; border-radius: 5px; background: var(--a-raised); font: inherit; font-size: 13px; }

@media (forced-colors: active) {
  .f-line[aria-selected='true'], .f-chip[aria-pressed='true'] { outline: 2px solid Highlight; outline-offset: -2px; }
  .f-line:focus-visible { outline: 3px solid CanvasText; }
}
`;
