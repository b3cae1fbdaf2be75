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
  'there is no Avahi here': {
    en: 'Without the service Avahi there is no name in .local. The address works.',
    de: 'Ohne den Dienst Avahi kein Name mit .local. Die Adresse geht.',
  },
  'there is no D-Bus here': {
    en: 'Without the service Avahi there is no name in .local. The address works.',
    de: 'Ohne den Dienst Avahi kein Name mit .local. Die Adresse geht.',
  },
  'Nothing is plugged in or mounted at': {
    en: 'No stick is plugged in for backups, or the share is not there.',
    de: 'Für Sicherungen steckt kein Stick, oder die Freigabe ist nicht da.',
  },
  'Something that is no folder is in the way to': {
    en: 'What was named for backups is no folder.',
    de: 'Was für Sicherungen genannt ist, ist kein Ordner.',
  },
  'Backups cannot be written, only read, in': {
    en: 'The stick for backups can only be read.',
    de: 'Der Stick für Sicherungen lässt sich nur lesen.',
  },
  'The box may not write backups into': {
    en: 'The box may not write where backups go.',
    de: 'Die Box darf dort, wohin Sicherungen gehen, nicht schreiben.',
  },
  'There is too little room for one more backup in': {
    en: 'There is too little room for one more backup.',
    de: 'Für eine weitere Sicherung ist zu wenig Platz.',
  },
  'FAT32 holds no file of 4 GB; exFAT and ext4 do': {
    en: 'The stick for backups has FAT32, which holds no file of 4 GB. Format it with exFAT.',
    de: 'Der Stick für Sicherungen hat FAT32, das keine Datei von 4 GB fasst. Formatiere ihn mit exFAT.',
  },
  'A backup came back damaged from': {
    en: 'A backup came back damaged from the stick. Take another one.',
    de: 'Eine Sicherung kam beschädigt vom Stick zurück. Nimm einen anderen.',
  },
  'Writing a backup failed in': {
    en: 'Writing a backup failed.',
    de: 'Das Schreiben einer Sicherung ist fehlgeschlagen.',
  },
  'Where backups go does not answer': {
    en: 'Where backups go does not answer.',
    de: 'Wohin Sicherungen gehen, antwortet nicht.',
  },
}

/** What is not known is told as the box has it. */
export function faultIn(locale: Locale, said: string): string {
  return Object.entries(FAULTS).find(([begin]) => said.startsWith(begin))?.[1][locale] ?? said
}
