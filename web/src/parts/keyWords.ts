// The words of the page of buttons: here and not among the others, which are loaded before the first screen.
import { computed } from 'vue'
import { locale, type Locale } from '@/state/session'
import type { KeyActionName, Press } from '@/state/keys'

const en = {
  what: 'Whatever is plugged into the box: buttons, knobs, remotes, keyboards.',
  learn: 'Press the button now',
  learnWhat: 'Press a button on the box, or turn its knob. For a long press hold it for a second.',
  over: 'Nothing was pressed for a while.',
  found: (key: string, press: string) => `${key}: ${press}`,
  give: 'What shall it do?',
  list: 'Play a playlist',
  away: 'not plugged in',
  printed: 'by itself',
  missing: 'a playlist that is gone',
  change: 'Give it something else to do',
  release: 'Take it away',
  none: 'No button, knob or remote was found.',
  noneWhat: 'Plug one in and it shows up here. Where it does not, the check-up on the page System says why.',
  nothing: 'Nothing of it does anything yet.',
  code: (code: number) => `Button ${code}`,
  knob: 'Knob',
  press: { short: 'pressed', long: 'held', repeat: 'kept held', 'turn+': 'turned right', 'turn-': 'turned left' } as Record<Press, string>,
  action: { mute: 'Mute', shutdown: 'Switch the box off' } as Partial<Record<KeyActionName, string>>,
}
const de: typeof en = {
  what: 'Was an der Box angeschlossen ist: Tasten, Drehknöpfe, Fernbedienungen, Tastaturen.',
  learn: 'Jetzt die Taste drücken',
  learnWhat: 'Drücke eine Taste an der Box oder dreh an ihrem Knopf. Für einen langen Druck halte sie eine Sekunde lang.',
  over: 'Es wurde eine Weile nichts gedrückt.',
  found: (key, press) => `${key}: ${press}`,
  give: 'Was soll sie tun?',
  list: 'Eine Playlist spielen',
  away: 'nicht angeschlossen',
  printed: 'von sich aus',
  missing: 'eine Playlist, die es nicht mehr gibt',
  change: 'Etwas anderes tun lassen',
  release: 'Wegnehmen',
  none: 'Es wurde keine Taste, kein Drehknopf und keine Fernbedienung gefunden.',
  noneWhat: 'Schließ etwas an, dann erscheint es hier. Wenn nicht, sagt die Untersuchung auf der Seite System, warum.',
  nothing: 'Noch tut nichts davon etwas.',
  code: (code) => `Taste ${code}`,
  knob: 'Drehknopf',
  press: { short: 'gedrückt', long: 'gehalten', repeat: 'weiter gehalten', 'turn+': 'nach rechts gedreht', 'turn-': 'nach links gedreht' },
  action: { mute: 'Ton aus oder an', shutdown: 'Die Box ausschalten' },
}
const WORDS: Record<Locale, typeof en> = { en, de }

export const keyWords = computed(() => WORDS[locale.value])
