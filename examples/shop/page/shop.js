// The shop's page: a live map by @aisle/client, drawn as plain SVG; holding is between the browser and Aisle, paying
// between the browser and the shop.
import { AisleError, createClient, remainingMs } from '@aisle/client';

const $ = (id) => document.getElementById(id);
const ask = async (path, body) => {
  const response = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer;
};
const say = (text) => ($('message').textContent = text);

const { aisleUrl, event } = await ask('/api/event');
$('name').textContent = event.name;
$('when').textContent = new Date(event.startsAt).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'short' });
const money = (minor) => (minor / 100).toLocaleString(undefined, { style: 'currency', currency: event.currency });

// The shop's server says who is buying; Aisle believes the token it made.
const aisle = createClient({ url: aisleUrl, getToken: async () => (await ask('/api/session', {})).token });
const chart = await aisle.chart(event.id);
const map = aisle.watch(event.id);
let hold;

const circles = draw();
map.on('change', paint);
map.on('ready', paint);
map.on('stale', (stale) => ($('state').textContent = stale ? 'Connecting…' : 'Live'));
aisle.on('hold', async ({ kind }) => {
  if (kind === 'expired') say('Your seats were kept for a while and are free again.');
  await myHold();
});
await map.whenReady();
await myHold();
setInterval(showHold, 1000);
await showOrders();

function draw() {
  const xs = chart.seats.map(({ x }) => x);
  const ys = chart.seats.map(({ y }) => y);
  const [left, top] = [Math.min(...xs) - 20, Math.min(...ys) - 20];
  $('map').setAttribute('viewBox', [left, top, Math.max(...xs) - left + 20, Math.max(...ys) - top + 20].join(' '));
  const radius = chart.seats.length > 1 ? Math.max(3, nearest(chart.seats) * 0.4) : 8;
  return chart.seats.map((seat, seatNo) => {
    const circle = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    const { section = '', row = '', number = seat.id } = seat;
    for (const [name, value] of [
      ['cx', seat.x],
      ['cy', seat.y],
      ['r', radius],
      ['role', 'button'],
    ])
      circle.setAttribute(name, value);
    circle.setAttribute('aria-label', `${section} row ${row} seat ${number}`);
    circle.dataset.seat = seat.id;
    circle.addEventListener('click', () => press(seatNo));
    circle.addEventListener('keydown', ({ key }) => (key === 'Enter' || key === ' ') && press(seatNo));
    $('map').append(circle);
    return circle;
  });
}

/** Between two neighbours of a list: near enough for drawing. */
function nearest(seats) {
  const gaps = seats.slice(1).map((seat, at) => Math.hypot(seat.x - seats[at].x, seat.y - seats[at].y));
  return Math.min(...gaps.filter((gap) => gap > 0));
}

function paint() {
  const mine = new Set(hold?.seats);
  for (const [seatNo, circle] of circles.entries()) {
    const own = mine.has(chart.seats[seatNo].id);
    const free = map.state(seatNo) === 'a';
    circle.setAttribute('class', own ? 'mine' : free ? 'free' : '');
    circle.setAttribute('aria-pressed', String(own));
    circle.setAttribute('tabindex', own || free ? '0' : '-1');
  }
}

async function press(seatNo) {
  say('');
  const { id } = chart.seats[seatNo];
  const common = { eventId: event.id, ...(hold === undefined ? {} : { holdToken: hold.token }) };
  try {
    if (hold?.seats.includes(id)) hold = (await aisle.release({ ...common, seats: [id] })).hold;
    else hold = (await aisle.hold({ ...common, seats: [id] })).hold;
  } catch (error) {
    say(error instanceof AisleError && error.code === 'SEAT_UNAVAILABLE' ? 'Somebody was faster.' : error.message);
    await myHold();
  }
  paint();
  showHold();
}

async function myHold() {
  const { holds } = await aisle.holds({ eventId: event.id });
  hold = holds[0];
  paint();
  showHold();
}

function showHold() {
  const seconds = hold === undefined ? 0 : Math.max(0, Math.round(remainingMs(hold) / 1000));
  $('seats').replaceChildren(
    ...(hold?.seats ?? []).map((id) => Object.assign(document.createElement('li'), { textContent: id })),
  );
  const total = (hold?.items ?? []).reduce(
    (sum, item) => sum + item.quantity * (item.unitMinor + item.feeMinor + item.taxMinor),
    0,
  );
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  $('total').textContent = hold === undefined ? 'Choose seats on the map.' : `${money(total)}, kept for ${time}`;
  $('checkout').querySelector('button').disabled = hold === undefined;
}

$('checkout').addEventListener('submit', async (submitted) => {
  submitted.preventDefault();
  const button = $('checkout').querySelector('button');
  button.disabled = true;
  say('');
  try {
    const { name, email, card } = Object.fromEntries(new FormData($('checkout')));
    const order = await ask('/api/checkout', { holdToken: hold.token, name, email, card });
    say(order.status === 'completed' ? 'Paid. Enjoy the show!' : 'Paid. Your tickets are on their way.');
  } catch (error) {
    say(
      error.code === 'PAYMENT_DECLINED'
        ? 'The card was declined. Try another one: your seats are kept.'
        : error.message,
    );
  }
  await Promise.all([myHold(), showOrders()]);
});

async function showOrders() {
  const { items } = await ask('/api/orders');
  $('orders-title').hidden = items.length === 0;
  $('orders').replaceChildren(
    ...items.map(({ id, status, seats, totalMinor }) => {
      const line = document.createElement('li');
      line.append(`${seats.join(', ')}: ${money(totalMinor)}, ${status.replaceAll('_', ' ')} `);
      const link = Object.assign(document.createElement('a'), {
        href: `/orders/${id}/tickets`,
        textContent: 'Tickets',
      });
      if (status === 'completed') line.append(link);
      return line;
    }),
  );
}
