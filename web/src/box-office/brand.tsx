import type { VNode } from 'preact';

export const Brand = (): VNode => (
  <p class="brand">
    <img src="/assets/mark.svg" alt="" width="26" height="26" /> Aisle
  </p>
);
