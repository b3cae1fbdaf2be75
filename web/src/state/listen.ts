// Listening on this phone: the browser's own audio, one track after the other of a playlist. The phone's lock screen shows
// it and its buttons work; the box goes on with what it plays.
import { computed, ref, shallowRef } from 'vue'
import type { Playlist, Track } from '@/wire/types'

const list = shallowRef<Playlist | null>(null)
const at = ref(0)
export const listening = computed<{ playlist: Playlist; track: Track } | null>(() => {
  const track = list.value?.tracks[at.value]
  return list.value === null || track === undefined ? null : { playlist: list.value, track }
})
export const paused = ref(false)
export const positionS = ref(0)
export const durationS = ref(0)
export const failed = ref(false)

let audio: HTMLAudioElement | null = null

function element(): HTMLAudioElement {
  if (audio !== null) return audio
  const made = (audio = new Audio())
  made.preload = 'auto'
  made.addEventListener('ended', () => step(1))
  made.addEventListener('timeupdate', () => (positionS.value = made.currentTime))
  made.addEventListener('durationchange', () => (durationS.value = Number.isFinite(made.duration) ? made.duration : 0))
  made.addEventListener('play', () => (paused.value = false))
  made.addEventListener('pause', () => (paused.value = true))
  made.addEventListener('error', () => (failed.value = listening.value !== null))
  if ('mediaSession' in navigator) {
    navigator.mediaSession.setActionHandler('play', () => void made.play())
    navigator.mediaSession.setActionHandler('pause', () => made.pause())
    navigator.mediaSession.setActionHandler('nexttrack', () => step(1))
    navigator.mediaSession.setActionHandler('previoustrack', () => step(-1))
    navigator.mediaSession.setActionHandler('seekto', ({ seekTime }) => seekTo(seekTime ?? 0))
  }
  return made
}

export function listenTo(playlist: Playlist, track: Track): void {
  list.value = playlist
  go(playlist.tracks.findIndex((each) => each.id === track.id))
}

export function step(by: number): void {
  const playlist = list.value
  if (playlist === null) return
  let next = at.value + by
  while (playlist.tracks[next]?.missing === true) next += by
  if (playlist.tracks[next] === undefined) return stop()
  go(next)
}

function go(index: number): void {
  at.value = index
  const now = listening.value
  if (now === null) return
  failed.value = false
  positionS.value = 0
  durationS.value = now.track.duration_ms / 1000
  const player = element()
  player.src = `/api/tracks/${now.track.id}/audio`
  player.play().catch(() => (paused.value = true)) // a browser that wants a tap first gets one on the button
  if (!('mediaSession' in navigator)) return
  navigator.mediaSession.metadata = new MediaMetadata({
    title: now.track.title,
    artist: now.track.artist ?? '',
    album: now.playlist.title,
    artwork: now.track.cover_url === null ? [] : [{ src: now.track.cover_url }],
  })
}

export function toggleListening(): void {
  const player = element()
  if (player.paused) void player.play().catch(() => undefined)
  else player.pause()
}

export function seekTo(seconds: number): void {
  element().currentTime = seconds
}

export function stop(): void {
  list.value = null
  if (audio === null) return
  audio.pause()
  audio.removeAttribute('src')
  audio.load()
}
