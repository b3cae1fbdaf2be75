// Where the machines of the box are. Pure.
//
// Their room tells of all of them when it is entered, and then of each move. The tables are asked for once the room was
// entered: so whatever such an answer says of a machine is older than what the room has said of it, or the room says
// nothing of it (uploads, whose owner is the database).
import type { Machine, Told } from '@/wire/types'

type Move = Told['machine_state']
export type Moves = ReadonlyMap<string, Move>

export function moved(moves: Moves, move: Move): Moves {
  return new Map(moves).set(`${move.name} ${move.id}`, move)
}

/** The tables with the machines where they are: those that ended are gone. */
export function standing(tables: readonly Machine[], moves: Moves): readonly Machine[] {
  return tables.map((table) => {
    const states = new Map<string, string | null>(table.current.map(({ id, state }) => [id, state]))
    for (const { name, id, state } of moves.values()) if (name === table.name) states.set(id, state)
    return { ...table, current: [...states].flatMap(([id, state]) => (state === null ? [] : [{ id, state }])) }
  })
}
