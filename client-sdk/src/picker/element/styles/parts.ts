/** Small parts that several panels are made of. */
export const partsCss = `
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { flex: none; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.button { display: inline-flex; align-items: center; justify-content: center; gap: 8px; min-block-size: 44px; padding: 0 16px;
  border: 1px solid var(--a-strong-line); border-radius: var(--a-radius); background: var(--a-surface); font-weight: 600; cursor: pointer; }
.button:hover:not(:disabled) { background: var(--a-raised); }
.button.primary { border-color: var(--a-accent); background: var(--a-accent); color: var(--a-on-accent); }
.button.primary:hover:not(:disabled) { background: var(--a-accent); filter: brightness(1.08); }
.button.small { min-block-size: 36px; padding: 0 12px; font-size: 14px; }
.button.wide { inline-size: 100%; }
.button:disabled, .button[aria-disabled='true'] { border-color: var(--a-line); background: var(--a-raised); color: var(--a-muted); cursor: not-allowed; }
.link { min-block-size: 32px; padding: 0 6px; border: 0; border-radius: 6px; background: transparent; color: var(--a-accent); font-size: 14px;
  font-weight: 600; cursor: pointer; }
.link:hover { text-decoration: underline; }
.icon-button { display: inline-grid; flex: none; place-items: center; inline-size: 40px; block-size: 40px; padding: 0; border: 0; border-radius: 8px;
  background: transparent; color: inherit; cursor: pointer; }
.icon-button:hover { background: var(--a-raised); }
.badge { display: inline-flex; align-items: center; gap: 6px; padding: 3px 10px; border-radius: 999px; background: var(--a-raised); color: var(--a-muted);
  font-size: 13px; font-weight: 600; }
.badge span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.badge::before { flex: none; inline-size: 7px; block-size: 7px; border-radius: 50%; background: currentcolor; content: ''; }
.badge[data-tone='good'] { background: var(--a-good-wash); color: var(--a-good); }
.badge[data-tone='warn'] { background: var(--a-warn-wash); color: var(--a-warn); }
.badge[data-tone='bad'] { background: var(--a-bad-wash); color: var(--a-bad); }
.notice { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; padding: 9px 14px; border-radius: var(--a-radius); background: var(--a-warn-wash);
  color: var(--a-warn); font-size: 14px; font-weight: 550; line-height: 1.4; }
.notice > span { flex: 1 1 180px; }
.notice[data-tone='bad'] { background: var(--a-bad-wash); color: var(--a-bad); }
.swatch { display: inline-grid; flex: none; place-items: center; inline-size: 18px; block-size: 18px; border-radius: 50%; background-color: var(--swatch); font: 700 11px/1 var(--a-font);
  forced-color-adjust: none; }
.quiet { color: var(--a-muted); font-size: 14px; }
.field { display: grid; gap: 4px; min-inline-size: 0; }
.field > span:first-child { color: var(--a-muted); font-size: 13px; }
select, input[type='search'], input[type='text'] { inline-size: 100%; min-block-size: 44px; padding: 0 10px; border: 1px solid var(--a-strong-line);
  border-radius: var(--a-radius); background: var(--a-surface); text-overflow: ellipsis; }
.check { display: flex; gap: 10px; align-items: center; min-block-size: 32px; font-size: 14px; }
.check input { inline-size: 20px; block-size: 20px; accent-color: var(--a-accent); }
.stepper { display: inline-flex; overflow: hidden; border: 1px solid var(--a-strong-line); border-radius: var(--a-radius); }
.stepper:focus-within { outline: 3px solid var(--a-accent); outline-offset: 2px; }
.stepper button { display: grid; place-items: center; inline-size: 42px; block-size: 42px; padding: 0; border: 0; background: transparent; cursor: pointer; }
.stepper button:hover:not(:disabled) { background: var(--a-raised); }
.stepper button:disabled { color: var(--a-strong-line); cursor: not-allowed; }
.stepper input { inline-size: 44px; padding: 0; border: 0; background: transparent; font-variant-numeric: tabular-nums; font-weight: 600; text-align: center;
  appearance: textfield; }
.stepper input::-webkit-inner-spin-button { appearance: none; }
.stepper input:focus-visible, .stepper button:focus-visible { outline: none; }
.clock { display: inline-flex; align-items: center; gap: 4px; font-variant-numeric: tabular-nums; font-weight: 700; white-space: nowrap; }
.clock[data-urgent='true'] { color: var(--a-bad); }
`;
