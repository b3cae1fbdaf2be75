// A client of the box: it says what plays, and takes orders. A line of input is a command of the player (play, pause,
// toggle, next, previous, stop) or the title of a playlist to start.   node client.mjs http://tomb.local:8000
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { io } from 'socket.io-client'

const box = process.argv[2] ?? 'http://tomb.local:8000'
const socket = io(box, { transports: ['websocket', 'polling'] })
const titles = new Map() // what is known of the library: titles by id
let seen // the number of the newest event
let said = ''

function say(line) {
  if (line !== said) console.log((said = line))
}

/** Take an event that is numbered. Its number is kept, to ask for what came after it. */
function numbered(name, take) {
  socket.on(name, ({ server_seq, data }) => {
    seen = Math.max(seen ?? 0, server_seq)
    take(data)
  })
}

// The box greets each connection. Then it is asked for what came since: by number, or all there is the first time. It
// answers with the events that were missed, or with the state as it is now; either way the copy here is true again.
socket.on('connection_status', () => socket.emit('sync:request', { requested_rooms: ['playlists'], last_global_seq: seen }))
socket.on('sync:complete', () => console.log(`${titles.size} playlists`))
socket.on('disconnect', () => say('away'))

numbered('state:player', (player) => {
  const what = player.active_track ? `: ${player.active_playlist_title}, ${player.active_track.title}` : ''
  say(player.state + what)
})
numbered('state:playlists', ({ playlists }) => {
  titles.clear()
  for (const { id, title } of playlists) titles.set(id, title)
})
numbered('state:playlist_created', ({ playlist }) => titles.set(playlist.id, playlist.title))
numbered('state:playlist_updated', ({ playlist }) => titles.set(playlist.id, playlist.title))
numbered('state:playlist_deleted', ({ playlist_id }) => titles.delete(playlist_id))

/** What has an id of ours is done once, however often it is sent: so where no answer came, it may be sent again. */
async function order(path) {
  const body = JSON.stringify({ client_op_id: randomUUID() })
  for (let wait = 0.5; ; wait *= 2) {
    try {
      const answer = await fetch(box + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
      if (!answer.ok) console.log((await answer.json()).message)
      return
    } catch (error) {
      if (wait > 30) throw error
      await sleep(1000 * wait)
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [id] = [...titles].find(([, title]) => title === line) ?? []
  await order(id ? `/api/playlists/${id}/start` : `/api/player/${encodeURIComponent(line)}`)
}
socket.disconnect()
