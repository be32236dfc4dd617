import type { BuyingMessages } from '../en/buying.js';

export const buying: BuyingMessages = {
  held: (what, total, time) => `Für Sie vorgemerkt: ${what}. Insgesamt ${total}, noch ${time}.`,
  inArea: (places, name) => `${places} in ${name}`,
  bestFound: (what) => `Das haben wir für Sie gefunden: ${what}.`,
  released: (places) => `${places} freigegeben.`,
  retyped: (what, type, total) => `${what}: jetzt ${type}. Insgesamt ${total}.`,
  moreTime: (time) => `Sie haben mehr Zeit: ${time}.`,
  moreTimeUnasked: (time) => `Wir haben Ihnen mehr Zeit gegeben: ${time}.`,
  lastTime: (time) => `Das war die letzte Verlängerung: noch ${time}.`,
  lastTimeMore: 'Bitte gehen Sie zur Kasse, bevor die Zeit abläuft.',
  lapsed: (places) => `Ihre Zeit ist abgelaufen. Wieder im Verkauf: ${places}.`,
  lapsedMore: 'Wählen Sie erneut, falls noch frei ist, was Sie hatten.',
  removed: (what, count) => `${what} ${count === 1 ? 'ist' : 'sind'} nicht mehr für Sie vorgemerkt.`,
  removedMore: 'Die Freigabe kam aus einem anderen Tab oder vom Veranstalter.',
  sessionLost: (places) =>
    `Ihre Sitzung ist beendet und damit auch Ihre Vormerkung (${places}). In wenigen Minuten ist alles wieder im Verkauf.`,
  sessionLostMore: 'Bitte wählen Sie Ihre Plätze erneut.',
  sessionEnds: (time) => `Ihre Sitzung endet in ${time}.`,
  sessionEndsMore: 'Bitte gehen Sie vorher zur Kasse, sonst kommen Ihre Plätze wieder in den Verkauf.',
  signedOut: 'Ihre Anmeldung ist abgelaufen.',
  signedOutMore:
    'Melden Sie sich wieder an, um fortzufahren. Was für Sie vorgemerkt ist, bleibt es, bis die Zeit abläuft.',

  mineReserved: (name) => `${name} gehört zu einer Bestellung, die Sie schon begonnen haben.`,
  mineReservedMore: 'Bezahlen Sie diese Bestellung oder stornieren Sie sie, um den Platz freizugeben.',
  taken: (name) => `${name} ist vergeben.`,
  takenMore: 'Freie Plätze erkennen Sie an der Farbe ihrer Kategorie.',
  blocked: (name) => `${name} ist nicht im Verkauf.`,
  notChoosable: (name) => `${name} lässt sich hier nicht auswählen.`,
  lostChoice: (name) => `${name} ist nicht mehr verfügbar und gehört nicht mehr zu Ihrer Auswahl.`,
  noPrice: (name) => `${name} hat noch keinen Preis und kann deshalb nicht vorgemerkt werden.`,
  noPriceMore: 'Bitte wählen Sie eine andere Kategorie oder versuchen Sie es später noch einmal.',
  noPriceAtAll: 'Diese Plätze haben noch keinen Preis und können deshalb nicht vorgemerkt werden.',
  noType: 'Diese Ticketart gibt es für diese Plätze nicht.',
  noConnection: 'Im Moment besteht keine Verbindung; es kann nichts vorgemerkt werden.',
  noConnectionMore: 'Wir versuchen es weiter. Was für Sie vorgemerkt ist, bleibt es, bis die Zeit abläuft.',
  wait: 'Einen Moment: Ihre letzte Auswahl wird noch gespeichert.',
  nothingHeld: 'Sie haben noch nichts ausgewählt.',
  nothingHeldMore: 'Wählen Sie zuerst einen Platz.',

  status: {
    draft: 'Diese Veranstaltung ist noch nicht im Verkauf.',
    published: 'Der Verkauf hat noch nicht begonnen. Den Saalplan können Sie schon ansehen.',
    on_sale: 'Der Verkauf ist eröffnet. Sie können jetzt Ihre Plätze wählen.',
    paused:
      'Der Verkauf ist unterbrochen. Was für Sie vorgemerkt ist, bleibt es, bis die Zeit abläuft; Neues kann im Moment nicht vorgemerkt werden.',
    closed: 'Der Verkauf ist beendet. Es kann nichts mehr vorgemerkt oder bestellt werden.',
    cancelled: 'Diese Veranstaltung ist abgesagt. Alle Vormerkungen sind aufgehoben.',
  },
  closedHolding:
    'Was Sie vorgemerkt hatten, kann nicht mehr bestellt werden. Eine schon begonnene Bestellung können Sie noch bezahlen.',

  quicker: (what, count) =>
    what === ''
      ? 'Jemand anderes war schneller.'
      : `Jemand anderes war schneller: ${what} ${count === 1 ? 'ist' : 'sind'} vergeben.`,
  quickerMore: 'Bitte wählen Sie einen anderen Platz.',
  areaLeft: (name, places) => `In ${name} gibt es nur noch ${places}.`,
  areaLeftMore: (count) => `Wählen Sie höchstens ${count}.`,
  areaFull: (name) => `${name} ist voll.`,
  areaFullMore: 'Plätze werden wieder frei, wenn andere ihre freigeben.',
  noneSuch: (quantity) =>
    quantity === 1 ? 'So ein Platz ist nicht mehr frei.' : `${quantity} solche Plätze sind nicht mehr frei.`,
  noneSuchMore: 'Versuchen Sie es mit weniger Plätzen oder einer anderen Kategorie.',
  limit: (places) => `Sie können höchstens ${places} vormerken.`,
  limitMore: 'Geben Sie etwas frei, um anderes zu wählen.',
  notOnSale: 'Im Moment kann nichts vorgemerkt werden: Die Veranstaltung ist nicht im Verkauf.',
  notOnSaleMore: 'Sobald sich das ändert, sagen wir es Ihnen hier.',
  holdGone: 'Ihre Zeit war abgelaufen: Diese Plätze sind wieder im Verkauf.',
  holdGoneMore: 'Wählen Sie sie erneut, falls sie noch frei sind.',
  ordered: 'Diese Plätze gehören zu einer Bestellung, die Sie schon begonnen haben.',
  orderedMore: 'Bezahlen oder stornieren Sie zuerst diese Bestellung.',
  tooFast: 'Das war sehr viel in kurzer Zeit.',
  tooFastMore: 'Warten Sie einen Moment und versuchen Sie es dann noch einmal.',
  retypeRefused: 'Die Ticketart konnte nicht geändert werden. Ihr Platz ist weiter wie zuvor vorgemerkt.',
  retypeRefusedMore: 'Versuchen Sie es noch einmal, oder geben Sie den Platz frei und wählen Sie ihn neu.',
  unknown: 'Der Server hat nicht rechtzeitig geantwortet.',
  unknownMore: 'Ihr Warenkorb zeigt, was für Sie vorgemerkt ist, sobald wir wieder von ihm hören.',
  paused: 'Das Vormerken ist im Moment abgeschaltet.',

  prices: (name, before, now) => `Der Preis für ${name} hat sich geändert: statt ${before} jetzt ${now}.`,
  pricesMore: 'Ihr Warenkorb zeigt die neue Summe.',
  changed: 'Der Saalplan dieser Veranstaltung hat sich geändert.',
  changedMore: 'Der Plan wird neu geladen; was für Sie vorgemerkt ist, bleibt es.',

  orphans: (names, count) =>
    count === 1
      ? `Bei Ihrer Auswahl bleibt ein einzelner Platz übrig: ${names}.`
      : `Bei Ihrer Auswahl bleiben einzelne Plätze übrig: ${names}.`,
  orphansMore: 'Bitte rücken Sie so, dass kein einzelner Platz übrig bleibt.',
  apart: 'Ihre Plätze liegen nicht nebeneinander.',
  apartMore: 'Bitte wählen Sie Plätze, die nebeneinander liegen.',
};
