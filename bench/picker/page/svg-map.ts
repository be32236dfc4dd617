import { categoryColours, colourOf, SEAT_RADIUS, type MakePeer, type Peer } from './peer.js';
import { listenToDrags, seatsInView, wholeChart, type View } from './view.js';

/**
 * A plain SVG map: an element a seat, made by the browser's own parser (the fastest way to make many). `group`: moved by
 * the transform of the group around them. `layer`: moved by a CSS transform of the whole picture, which the browser
 * keeps as a layer; zooming still changes the group.
 */
export const svgMap =
  (way: 'group' | 'layer'): MakePeer =>
  (stage, chart, letters): Peer => {
    const colours = categoryColours(chart);
    const outlines = chart.sections.map(
      ({ outline = [] }) => `<polygon points="${outline.map(({ x, y }) => `${x},${y}`).join(' ')}"/>`,
    );
    const areas = chart.areas.map(
      ({ x, y, width, height }) => `<rect x="${x}" y="${y}" width="${width}" height="${height}"/>`,
    );
    const circles = chart.seats.map(
      ({ x, y }, seatNo) =>
        `<circle cx="${x}" cy="${y}" r="${SEAT_RADIUS}" fill="${colourOf(letters[seatNo] ?? 0, colours[seatNo] ?? '')}"/>`,
    );
    // Over the map while it is dragged, or the browser looks at each move which of the circles is under the mouse.
    const shield = document.createElement('div');
    shield.className = 'shield';
    shield.hidden = true;
    stage.innerHTML = `<svg class="map"><g><g fill="#eee" stroke="#ddd">${outlines.join('')}${areas.join('')}</g><g>${circles.join('')}</g></g></svg>`;
    stage.append(shield);
    stage.addEventListener('pointerdown', () => (shield.hidden = false));
    stage.addEventListener('pointerup', () => (shield.hidden = true));
    const svg = stage.querySelector('svg');
    const camera = stage.querySelector('g');
    if (svg === null || camera === null) throw new Error('no group');
    const seats = [...stage.querySelectorAll('circle')];
    if (way === 'layer') svg.style.cssText = 'overflow: visible; will-change: transform';
    let view: View;
    let origin = { x: 0, y: 0 };
    const place = (to: View, zoomed: boolean): void => {
      view = to;
      if (zoomed || way === 'group') {
        camera.setAttribute('transform', `translate(${to.x} ${to.y}) scale(${to.scale})`);
        origin = to;
      }
      if (way === 'layer') svg.style.transform = `translate(${to.x - origin.x}px, ${to.y - origin.y}px)`;
    };
    place(wholeChart(stage, chart), true);
    listenToDrags(stage, (dx, dy) => place({ ...view, x: view.x + dx, y: view.y + dy }, false));
    return {
      setSeats(seatNos, now) {
        for (const seatNo of seatNos)
          seats[seatNo]?.setAttribute('fill', colourOf(now[seatNo] ?? 0, colours[seatNo] ?? ''));
      },
      showSeats: (seatNos) => place(seatsInView(stage, chart, seatNos), true),
    };
  };
