// The live picture of the box: the stores, fed by one connection.
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { api, command, newId, peek, setLinkUp } from '@/wire/http'
import { Connection, type Link, MACHINES } from '@/wire/socket'
import type { Message, PlayerState, Playlist } from '@/wire/types'
import * as linkings from './linking'
import { complain, whyNot } from './notices'
import { shown } from './optimistic'
import * as players from './player'
import * as libraries from './playlists'

export const link = ref<Link>('connecting')
export const everUp = ref(false)

const playerLayers = shallowRef(players.silence)
const libraryLayers = shallowRef(libraries.nothing)
export const linking = shallowRef(linkings.idle)
export const playing = computed(() => shown(playerLayers.value))
export const player = computed(() => playing.value.player)
export const library = computed(() => shown(libraryLayers.value))

/** The picture of what plays: that of the playlist where parents gave it one, else the track's. */
export const playingCover = computed(() => {
  const list = library.value.lites.get(player.value?.active_playlist_id ?? '')
  return (list?.own_cover === true ? null : player.value?.active_track?.cover_url) ?? list?.cover_url ?? null
})

/** Of the box's wall clock and this page's monotonic one, ms. */
let wallMinusMonotonic = Date.now() - performance.now()
export const boxNow = () => performance.now() + wallMinusMonotonic

type Hears = (message: Message) => void
const listeners = new Set<Hears>()
const onUp = new Set<() => void>()

/** Hear all messages, a component for as long as it lives; for what is no part of the stores here. */
export function listen(hears: Hears): void {
  listeners.add(hears)
  onScopeDispose(() => listeners.delete(hears), true)
}

/** Called at each return of the connection, as `listen`: what has no numbers is asked for anew. */
export function whenUp(act: () => void): void {
  onUp.add(act)
  onScopeDispose(() => onUp.delete(act), true)
  if (link.value === 'up') act()
}

const connection = new Connection({
  heard(message) {
    if (message.name === 'connection_status') wallMinusMonotonic = message.data.server_time * 1000 - performance.now()
    playerLayers.value = players.heard(playerLayers.value, message, performance.now())
    libraryLayers.value = libraries.heard(libraryLayers.value, message)
    linking.value = linkings.heard(linking.value, message, wallMinusMonotonic)
    if (message.name === 'state:playlist_created' && watched.has(message.data.data.playlist.id)) connection.ask(`playlist:${message.data.data.playlist.id}`) // back from the bin
    for (const hears of listeners) hears(message)
  },
  link(now) {
    link.value = now
    setLinkUp(now === 'up')
    if (now !== 'up') return
    everUp.value = true
    for (const act of onUp) act()
  },
  forget() {
    playerLayers.value = players.forget(playerLayers.value)
    libraryLayers.value = libraries.forget(libraryLayers.value)
  },
})

export const readerStatus = () => peek((signal) => api.GET('/api/nfc/status', { signal }))

export function start(): void {
  connection.open()
  let heard = 0
  listen(({ name }) => { if (name.startsWith('nfc_')) heard++ })
  whenUp(async () => {
    // What is heard while the answer is on its way is newer than the answer.
    let before, status
    do {
      before = heard
      status = await readerStatus()
    } while (before !== heard)
    if (status === null) return
    const { tag_present, active_sessions } = status
    linking.value = {
      ...linkings.listed(linking.value, active_sessions, wallMinusMonotonic),
      present: tag_present && { tagId: tag_present.tag_id, playlistId: tag_present.playlist_id, isRandom: tag_present.is_random },
    }
  })
}

/** Keep a playlist with its tracks in the picture until the function returned is called. */
export function watchPlaylist(id: string): { leave: () => void; exists: Promise<boolean> } {
  const { leave, exists } = connection.join(`playlist:${id}`)
  watched.set(id, (watched.get(id) ?? 0) + 1)
  return {
    exists,
    leave: () => {
      leave()
      const still = (watched.get(id) ?? 1) - 1
      if (still > 0) return void watched.set(id, still)
      watched.delete(id)
      libraryLayers.value = libraries.close(libraryLayers.value, id)
    },
  }
}
const watched = new Map<string, number>()

/** Where the machines of the box are, and each of their moves, until the function returned is called. */
export const watchMachines = () => connection.join(MACHINES).leave

// --- commands --------------------------------------------------------------------------------------------------------

type Store = 'player' | 'library'
type Request<D> = (signal: AbortSignal, op: string) => Parameters<typeof command<D>>[0] extends (signal: AbortSignal) => infer A ? A : never

/** Show a change at once. Taken back by `settle`. */
export function show(store: 'player', op: string, change: Parameters<typeof players.ask>[2]): void
export function show(store: 'library', op: string, change: Parameters<typeof libraries.ask>[2]): void
export function show(store: Store, op: string, change: unknown): void {
  if (store === 'player') playerLayers.value = players.ask(playerLayers.value, op, change as Parameters<typeof players.ask>[2], performance.now())
  else libraryLayers.value = libraries.ask(libraryLayers.value, op, change as Parameters<typeof libraries.ask>[2])
}

export function settle(op: string): void {
  playerLayers.value = players.settle(playerLayers.value, op)
  libraryLayers.value = libraries.settle(libraryLayers.value, op)
}

/** Sends a command, whose effect may be shown under the same `op`. What was refused is taken back, with words: those of `why`. */
export async function send<D>(request: Request<D>, op = newId(), why = whyNot): Promise<D | null> {
  try {
    const data = await command<D>((signal) => request(signal, op))
    absorb(data)
    // An answer without content tells nothing of what is now: the event does, and ack:op behind it takes the layer away.
    if (data === undefined) setTimeout(() => settle(op), ACK_MS)
    else settle(op)
    return data
  } catch (error) {
    settle(op)
    complain(error, why(error))
    return null
  }
}
const ACK_MS = 2000

/** Shows what a command does to the player, and sends it once that is on the screen: a tap is not kept from its frame by a request. */
export async function act<D>(change: Partial<PlayerState> | undefined, request: Request<D>): Promise<D | null> {
  const op = newId()
  if (change !== undefined) show('player', op, change)
  await framed()
  return send(request, op)
}

const FRAME_MS = 60 // a page that draws so seldom is one that nobody sees, or a phone that saves its battery
const framed = () => new Promise<void>((resolve) => {
  requestAnimationFrame(() => setTimeout(resolve))
  setTimeout(resolve, FRAME_MS)
})

/** An answer is as good as the event it comes with, and often here before it. */
function absorb(data: unknown): void {
  if (typeof data !== 'object' || data === null) return
  const answer = data as Record<string, unknown>
  if ('is_playing' in answer && 'volume' in answer) {
    const state = answer as unknown as Parameters<typeof players.answered>[1]
    playerLayers.value = players.answered(playerLayers.value, state, state.server_seq, performance.now())
  }
  for (const key of ['playlist', 'source', 'target']) {
    const playlist = answer[key] as Playlist | undefined
    if (playlist !== undefined && typeof playlist === 'object' && watched.has(playlist.id))
      libraryLayers.value = libraries.answered(libraryLayers.value, playlist)
  }
}
