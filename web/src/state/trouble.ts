// What goes wrong with the sound while the music goes on: said for a while, where it is said what plays.
import { shallowRef } from 'vue'
import type { Message } from '@/wire/types'
import { listen } from './core'
import { say, type Words } from './notices'

export const trouble = shallowRef<Words | null>(null)

const SAID_MS = 30_000
let timer: ReturnType<typeof setTimeout> | undefined

export function troubleIn(message: Message): Words | null {
  if (message.name !== 'sound_trouble') return null
  const { kind, skipped } = message.data
  if (kind === 'skipped') return { key: 'trouble.skipped', params: { title: skipped ?? '' } }
  return kind === 'gaps' ? { key: 'trouble.gaps' } : null // what it made do with nobody hears: System tells
}

listen((message) => {
  const words = troubleIn(message)
  if (words === null) return
  trouble.value = words
  say(words)
  clearTimeout(timer)
  timer = setTimeout(() => (trouble.value = null), SAID_MS)
})
