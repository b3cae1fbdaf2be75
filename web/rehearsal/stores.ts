// The page's own stores, without the page: what `tomb rehearse` runs under Node as a client.
//
// One line of JSON in, one out, and no clock of its own: when something was heard stands in the line.
import { createInterface } from 'node:readline'
import * as linkings from '@/state/linking'
import { type Moves, moved } from '@/state/machines'
import { shown } from '@/state/optimistic'
import * as players from '@/state/player'
import * as libraries from '@/state/playlists'
import type { Message } from '@/wire/types'

type Line = { does: 'hear'; message: Message; now: number; wall: number } | { does: 'forget' } | { does: 'show' }

let player = players.silence
let library = libraries.nothing
let linking = linkings.idle
let moves: Moves = new Map()

function hear(message: Message, now: number, wall: number): void {
  player = players.heard(player, message, now)
  library = libraries.heard(library, message)
  linking = linkings.heard(linking, message, wall - now)
  if (message.name === 'machine_state') moves = moved(moves, message.data)
}

function forget(): void {
  player = players.forget(player)
  library = libraries.forget(library)
}

function show(): unknown {
  const { lites, wholes } = shown(library)
  return {
    player: shown(player).player,
    playlists: [...lites.values()],
    opened: [...wholes.values()],
    machines: [...moves.values()].filter(({ state }) => state !== null),
    session: linkings.live(linking)?.state ?? null,
    present: linking.present?.tagId ?? null,
  }
}

for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text) as Line
  if (line.does === 'hear') hear(line.message, line.now, line.wall)
  if (line.does === 'forget') forget()
  process.stdout.write(`${JSON.stringify(line.does === 'show' ? show() : null)}\n`)
}
