// The words of the page of speakers: here and not among the others, which are loaded before the first screen.
import { computed } from 'vue'
import { locale, type Locale } from '@/state/session'

const en = {
  title: 'Speakers',
  what: 'The rooms that hear what the box plays, and how loud each one is. The volume of the box counts for all of them on top.',
  volume: (name: string) => `Volume of ${name}`,
  mute: (name: string) => `Mute ${name}`,
  unmute: (name: string) => `Let ${name} be heard`,
  away: 'switched off, or out of reach',
  ceiling: (most: number) => `None gets louder than ${most}: that is the loudest you allow.`,
  none: 'No speaker has found the house’s Snapcast server yet.',
  noneWhat: 'Start a Snapcast client in each room. It shows up here by itself.',
  gone: 'The Snapcast server does not answer.',
  goneWhat: 'Nothing is lost. As soon as it is back, the speakers are here again.',
  off: 'This box plays through its own loudspeaker only.',
}
const de: typeof en = {
  title: 'Lautsprecher',
  what: 'Die Räume, in denen man hört, was die Box spielt, und wie laut jeder ist. Die Lautstärke der Box gilt für alle noch dazu.',
  volume: (name) => `Lautstärke von ${name}`,
  mute: (name) => `${name} stumm schalten`,
  unmute: (name) => `${name} wieder hören lassen`,
  away: 'ausgeschaltet oder nicht erreichbar',
  ceiling: (most) => `Keiner wird lauter als ${most}: Lauter erlaubst du nicht.`,
  none: 'Noch hat kein Lautsprecher den Snapcast-Server des Hauses gefunden.',
  noneWhat: 'Starte in jedem Raum einen Snapcast-Client. Er erscheint hier von selbst.',
  gone: 'Der Snapcast-Server antwortet nicht.',
  goneWhat: 'Nichts ist verloren. Sobald er wieder da ist, sind auch die Lautsprecher wieder hier.',
  off: 'Diese Box spielt nur über ihren eigenen Lautsprecher.',
}
const WORDS: Record<Locale, typeof en> = { en, de }

export const speakerWords = computed(() => WORDS[locale.value])
