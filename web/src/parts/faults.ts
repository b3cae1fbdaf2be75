// What the box notes of its devices is English, for its log. Those faults that a family may meet are said in its language:
// here and not among the other words, which are loaded before the first screen.
import type { Locale } from '@/state/session'

/** How each begins in `tomb/devices`, and what is said instead. */
export const FAULTS: Readonly<Record<string, Record<Locale, string>>> = {
  'there is no sound output': {
    en: 'No loudspeaker was found.',
    de: 'Es wurde kein Lautsprecher gefunden.',
  },
  'the sound output does not play': {
    en: 'The loudspeaker wants another sample rate and is given it.',
    de: 'Der Lautsprecher verlangt eine andere Abtastrate und bekommt sie.',
  },
  'PortAudio is not installed': {
    en: 'PortAudio is not installed (Debian: libportaudio2).',
    de: 'PortAudio ist nicht installiert (Debian: libportaudio2).',
  },
  'the sound system does not start': {
    en: 'The sound system does not start.',
    de: 'Das Tonsystem startet nicht.',
  },
  'the sound system does not answer': {
    en: 'The sound system does not answer.',
    de: 'Das Tonsystem antwortet nicht.',
  },
  'the sound output stopped taking sound': {
    en: 'The loudspeaker stopped taking sound.',
    de: 'Der Lautsprecher nimmt keinen Ton mehr an.',
  },
  'the sound output takes no sound': {
    en: 'The loudspeaker stopped taking sound.',
    de: 'Der Lautsprecher nimmt keinen Ton mehr an.',
  },
  'The smart card daemon (pcscd) is not running': {
    en: 'The reader’s service (pcscd) is not running.',
    de: 'Der Dienst des Lesers (pcscd) läuft nicht.',
  },
  'The smart card daemon (pcscd) does not let this user': {
    en: 'The reader’s service (pcscd) does not let the box at the reader.',
    de: 'Der Dienst des Lesers (pcscd) lässt die Box nicht an den Leser.',
  },
  'Smart card support is not installed': {
    en: 'The software for tag readers is not installed.',
    de: 'Die Software für Tag-Leser ist nicht installiert.',
  },
  'The tag reader was unplugged': {
    en: 'The tag reader was unplugged.',
    de: 'Der Tag-Leser wurde abgezogen.',
  },
  'No tag reader is plugged in': {
    en: 'No tag reader is plugged in.',
    de: 'Es ist kein Tag-Leser angeschlossen.',
  },
  'Another program holds the tag reader': {
    en: 'Another program holds the tag reader.',
    de: 'Ein anderes Programm hält den Tag-Leser.',
  },
}

/** What is not known is told as the box has it. */
export function faultIn(locale: Locale, said: string): string {
  return Object.entries(FAULTS).find(([begin]) => said.startsWith(begin))?.[1][locale] ?? said
}
