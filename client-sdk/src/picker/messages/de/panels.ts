import type { PanelsMessages } from '../en/panels.js';

const count = (value: number): string => value.toLocaleString('de');
const places = (value: number): string => `${count(value)} ${value === 1 ? 'Platz' : 'Plätze'}`;

export const panels: PanelsMessages = {
  mapOf: (event, seats) => `Saalplan von ${event}, ${seats}`,
  mapRole: 'Saalplan',
  mapKeys:
    'Mit den Pfeiltasten von Platz zu Platz, Eingabe merkt vor oder gibt frei. Umschalt mit Pfeiltasten verschiebt den Plan, Plus und Minus zoomen, 0 zeigt alles.',
  view: 'Ansicht',
  map: 'Plan',
  list: 'Liste',
  filters: 'Filter',
  close: 'Schließen',
  zoom: 'Zoom',
  zoomIn: 'Vergrößern',
  zoomOut: 'Verkleinern',
  zoomAll: 'Ganzen Plan zeigen',

  loading: 'Der Saalplan wird geladen …',
  failed: 'Der Saalplan konnte nicht gezeigt werden.',
  tryAgain: 'Noch einmal versuchen',
  noEvent: 'Es wurde keine Veranstaltung angegeben.',
  noEventMore: 'Das Element braucht das Attribut event, zum Beispiel event="evt_…".',

  link: {
    connecting: 'Verbinden …',
    live: 'Live',
    polling: 'Alle paar Sekunden',
    stale: 'Wird aktualisiert …',
    offline: 'Offline',
    refused: 'Getrennt',
  },
  linkNotice: {
    polling: 'Dieses Netz lässt keine Live-Daten durch. Der Plan wird stattdessen alle paar Sekunden aktualisiert.',
    stale: 'Der Plan ist vielleicht etwas veraltet. Er wird gerade aktualisiert.',
    offline:
      'Sie sind offline. Vorgemerkte Plätze bleiben Ihnen bis zum Ablauf der Zeit; neue können gerade nicht vorgemerkt werden.',
    refused: 'Der Server nimmt diese Seite nicht mehr an. Bitte laden Sie sie neu.',
  },
  status: {
    draft: 'Diese Veranstaltung ist ein Entwurf und noch nicht im Verkauf.',
    published: 'Der Verkauf hat noch nicht begonnen. Den Plan können Sie schon ansehen.',
    paused:
      'Der Verkauf ruht gerade. Vorgemerkte Plätze bleiben Ihnen bis zum Ablauf der Zeit; neue können jetzt nicht vorgemerkt werden.',
    closed: 'Der Verkauf ist beendet. Es können keine Plätze mehr vorgemerkt werden.',
    cancelled: 'Diese Veranstaltung ist abgesagt.',
  },
  notOnSale: 'Diese Veranstaltung ist nicht im Verkauf.',

  chooseShort: 'Beste Plätze',
  yours: 'Ihre Plätze',
  yoursEmpty: 'Noch nichts vorgemerkt. Ein Platz, den Sie im Plan drücken, wird sofort für Sie vorgemerkt.',
  yoursEmptyClosed: 'Nichts vorgemerkt.',
  left: 'verbleiben',
  leftNoMore: 'verbleiben, nicht verlängerbar',
  leftToPay: 'bis zur Zahlung',
  timeUp: 'Zeit abgelaufen',
  moreTime: 'Mehr Zeit',
  ordered: 'Diese Plätze gehören zu einer begonnenen Bestellung.',
  ticketType: 'Ticketart',
  ticketTypeOf: (place) => `Ticketart für ${place}`,
  quantityOf: (quantity, name) => `${count(quantity)} × ${name}`,
  release: 'Freigeben',
  releaseOf: (place) => `${place} freigeben`,
  releaseAll: 'Alle freigeben',
  show: 'Zeigen',
  showOf: (place) => `${place} im Plan zeigen`,
  fees: 'darin Gebühren',
  tax: 'darin Steuern',
  total: 'Summe',
  checkout: 'Zur Kasse',
  summary: (quantity, total) => `${places(quantity)} · ${total}`,

  orphan: (seats) => `So bliebe ein einzelner Platz übrig: ${seats}.`,
  orphans: (seats) => `So blieben einzelne Plätze übrig: ${seats}.`,
  orphanMore: 'Bitte nehmen Sie ihn dazu oder rücken Sie um einen Platz.',
  apart: 'Ihre Plätze liegen nicht nebeneinander.',
  apartMore: 'Bitte wählen Sie Plätze nebeneinander.',

  best: 'Beste freie Plätze',
  bestPlaces: 'Anzahl',
  bestCategory: 'Kategorie',
  bestAny: 'Alle',
  bestAccessible: 'Mit Rollstuhlplätzen',
  bestHold: 'Finden und vormerken',
  oneLess: (label) => `${label}: einer weniger`,
  oneMore: (label) => `${label}: einer mehr`,

  areas: 'Stehplätze',
  areaPlaces: (area) => `Plätze in ${area}`,
  hold: 'Vormerken',
  holdOf: (place) => `${place} vormerken`,
  holdIn: (area) => `Plätze in ${area} vormerken`,

  prices: 'Preise',
  signs: 'Zeichen im Plan',
  signFree: 'frei, in Farbe und Buchstabe der Kategorie',
  signMine: 'Ihre',
  signHeld: 'von jemandem vorgemerkt',
  signSold: 'vergeben',
  signWheelchair: 'Rollstuhlplatz',
  signCompanion: 'Begleitplatz',

  entrance: (name) => `Eingang ${name}`,
  dismiss: 'Meldung schließen',
};
