// What the box notes of its devices is English, for its log. Those faults that a family may meet are said in its language.
import { t } from '@/i18n'

/** How each begins in `tomb/devices` or the deck, and the key of the words for it. */
export const FAULTS: Readonly<Record<string, string>> = {
  'there is no sound output': 'no_sound',
  'the sound output does not play': 'other_rate',
  'PortAudio is not installed': 'no_portaudio',
  'the sound system does not start': 'sound_down',
  'the sound system does not answer': 'sound_silent',
  'the sound output stopped taking sound': 'sound_stopped',
  'the sound output takes no sound': 'sound_stopped',
  'the sound had gaps': 'gaps',
  'The smart card daemon (pcscd) is not running': 'no_pcscd',
  'The smart card daemon (pcscd) does not let this user': 'pcscd_refuses',
  'Smart card support is not installed': 'no_smart_cards',
  'The tag reader was unplugged': 'reader_unplugged',
  'No tag reader is plugged in': 'no_reader',
  'Another program holds the tag reader': 'reader_busy',
  'there is no Avahi here': 'no_avahi',
  'there is no D-Bus here': 'no_avahi',
  'Nothing is plugged in or mounted at': 'backup_absent',
  'Something that is no folder is in the way to': 'backup_no_folder',
  'Backups cannot be written, only read, in': 'backup_read_only',
  'The box may not write backups into': 'backup_forbidden',
  'There is too little room for one more backup in': 'backup_full',
  'FAT32 holds no file of 4 GB; exFAT and ext4 do': 'backup_fat',
  'A backup came back damaged from': 'backup_damaged',
  'Writing a backup failed in': 'backup_broken',
  'Where backups go does not answer': 'backup_silent',
}

/** What is not known is told as the box has it. */
export function fault(said: string): string {
  const known = Object.entries(FAULTS).find(([begin]) => said.startsWith(begin))?.[1]
  return known === undefined ? said : t(`fault.${known}`)
}
