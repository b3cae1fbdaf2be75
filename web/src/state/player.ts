// What the box plays, and where in it. Pure: each function makes a new state of an old one and of what was heard.
//
// The box says its position every half second; in between it is reckoned on this page's monotonic clock. A tick that is a
// little behind what is shown (the network was slow, or the clock of the sound card is) does not make it jump back: the
// shown position waits at its `floor` until the reckoned one has caught up.
import { begin as layer, confirm, type Layers, layers, settle as unlayer } from './optimistic'
import type { Chapter, Message, PlayerState } from '@/wire/types'

export interface Playing {
  readonly player: PlayerState | null
  readonly seq: number
  /** `position_ms` was heard at `at` (monotonic, ms), and moves since then or not. */
  readonly anchor: Anchor
}

interface Anchor {
  readonly positionMs: number
  readonly at: number
  readonly moving: boolean
  readonly floorMs: number
}

export type PlayerLayers = Layers<Playing>

const JUMP_MS = 700 // a tick that is off by more is believed at once

export const silence: PlayerLayers = layers<Playing>({
  player: null,
  seq: 0,
  anchor: { positionMs: 0, at: 0, moving: false, floorMs: 0 },
})

export function positionAt({ anchor, player }: Playing, now: number): number {
  const reckoned = anchor.positionMs + (anchor.moving ? Math.max(0, now - anchor.at) : 0)
  return Math.min(Math.max(reckoned, anchor.floorMs), player?.duration_ms || Number.POSITIVE_INFINITY)
}

/** The chapter, from 0, that a place in a track belongs to; null where there are none. */
export function chapterAt(chapters: readonly Chapter[], ms: number): number | null {
  let [from, to] = [0, chapters.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (chapters[middle]!.start_ms <= ms) from = middle + 1
    else to = middle
  }
  return chapters.length === 0 ? null : Math.max(0, from - 1)
}

/** A message of the box, heard at `now`. */
export function heard(held: PlayerLayers, message: Message, now: number): PlayerLayers {
  switch (message.name) {
    case 'state:player':
      return answered(held, message.data.data, message.data.server_seq, now)
    case 'state:track_position': {
      const { data, server_seq } = message.data
      return confirm(held, (playing) => {
        const { player } = playing
        if (player === null || server_seq < playing.seq || player.active_track_id !== data.track_id) return playing
        const moved = { ...player, position_ms: data.position_ms, duration_ms: data.duration_ms }
        return { player: moved, seq: server_seq, anchor: next(playing, data.position_ms, data.is_playing && player.state === 'playing', now) }
      })
    }
    case 'state:volume_changed': {
      const { data, server_seq } = message.data
      return confirm(held, (playing) =>
        playing.player === null || server_seq < playing.seq
          ? playing
          : { ...playing, player: { ...playing.player, ...data }, seq: server_seq },
      )
    }
    case 'ack:op':
    case 'err:op':
      return message.data.client_op_id == null ? held : unlayer(held, message.data.client_op_id)
    default:
      return held
  }
}

/** The whole state, as a snapshot, an event or an answer has it. What is older than what is known is passed over. */
export function answered(held: PlayerLayers, player: PlayerState, seq: number, now: number): PlayerLayers {
  return confirm(held, (playing) => {
    if (seq < playing.seq) return playing
    const same = playing.player?.active_track_id === player.active_track_id
    const { position_ms: positionMs } = player
    const moving = player.state === 'playing'
    return { player, seq, anchor: same ? next(playing, positionMs, moving, now) : { positionMs, at: now, moving, floorMs: positionMs } }
  })
}

function next(before: Playing, positionMs: number, moving: boolean, now: number): Anchor {
  const wasShown = positionAt(before, now)
  const behind = wasShown - positionMs
  return { positionMs, at: now, moving, floorMs: behind > 0 && behind <= JUMP_MS ? wasShown : positionMs }
}

/** Show a command's effect before the box has said so. */
export function ask(held: PlayerLayers, op: string, change: Partial<PlayerState>, now: number): PlayerLayers {
  return layer(held, op, (playing) => {
    if (playing.player === null) return playing
    const player = { ...playing.player, ...change }
    if (change.is_playing !== undefined) player.state = change.is_playing ? 'playing' : 'paused'
    const restarted = change.position_ms !== undefined
    const positionMs = restarted ? player.position_ms : positionAt(playing, now)
    if (!restarted && change.is_playing === undefined) return { ...playing, player }
    return { ...playing, player, anchor: { positionMs, at: now, moving: player.state === 'playing', floorMs: positionMs } }
  })
}

export const settle = unlayer

/** The box forgot its numbers: the next thing it says is believed, whatever its number. */
export function forget(held: PlayerLayers): PlayerLayers {
  return { confirmed: { ...held.confirmed, seq: 0 }, pending: [] }
}
