// What the doctor looks at, in the family's language: here and not among the other words, which are loaded before the first
// screen. What it found it says in the words of whoever built the box, which are English, as the commands are.
import { computed } from 'vue'
import { locale, type Locale } from '@/state/session'

const en = {
  title: 'Check-up',
  what: 'Looks at everything around the box, and says what mends what is wrong.',
  look: 'Look now',
  looking: 'Looking. That takes some seconds.',
  fine: 'Nothing is wrong.',
  wrong: (count: number) => (count === 1 ? 'One thing is wrong.' : `${count} things are wrong.`),
  is: { yes: 'fine', no: 'wrong', unknown: 'not known' },
  command: 'Command that mends it',
  copy: 'Copy',
  copied: 'The command is copied.',
  checks: {
    usb_reader: 'Tag reader', kernel_modules: 'Drivers in the way', pcscd: 'Service of the reader', polkit: 'Leave to use the reader', escapes: 'Light and beep of the reader', tag: 'Tag on the reader',
    sound_card: 'Sound device', sound_server: 'Sound system', mixer: 'Mute', ffmpeg: 'Foreign formats', yt_dlp: 'YouTube', disk_space: 'Room on the disk', disk_writes: 'Speed of the disk', disk_health: 'Health of the disk',
    clock: 'Clock', port: 'Reachable', addresses: 'Addresses', names: 'Name in the network', power: 'Power', inputs: 'Buttons and knobs', versions: 'Versions',
  } as Record<string, string>,
}
const de: typeof en = {
  title: 'Untersuchung',
  what: 'Sieht alles rund um die Box an und sagt, was behebt, was nicht stimmt.',
  look: 'Jetzt ansehen',
  looking: 'Sieht nach. Das dauert ein paar Sekunden.',
  fine: 'Es ist alles in Ordnung.',
  wrong: (count) => (count === 1 ? 'Eines stimmt nicht.' : `${count} Dinge stimmen nicht.`),
  is: { yes: 'in Ordnung', no: 'stimmt nicht', unknown: 'nicht bekannt' },
  command: 'Befehl, der es behebt',
  copy: 'Kopieren',
  copied: 'Der Befehl ist kopiert.',
  checks: {
    usb_reader: 'Tag-Leser', kernel_modules: 'Treiber im Weg', pcscd: 'Dienst des Lesers', polkit: 'Erlaubnis für den Leser', escapes: 'Licht und Ton des Lesers', tag: 'Tag auf dem Leser',
    sound_card: 'Tonausgabe', sound_server: 'Tonsystem', mixer: 'Stummschaltung', ffmpeg: 'Fremde Formate', yt_dlp: 'YouTube', disk_space: 'Platz auf dem Speicher', disk_writes: 'Tempo des Speichers', disk_health: 'Zustand des Speichers',
    clock: 'Uhr', port: 'Erreichbar', addresses: 'Adressen', names: 'Name im Netz', power: 'Strom', inputs: 'Tasten und Drehknöpfe', versions: 'Versionen',
  },
}
const WORDS: Record<Locale, typeof en> = { en, de }

export const checkWords = computed(() => WORDS[locale.value])
/** What the box checks, as each is called here. */
export const CHECKS = Object.keys(en.checks)
