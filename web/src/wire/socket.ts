// The socket: one connection, its numbers, and the rooms this page wants to hear.
//
// Every connection begins with `sync:request`: the first without a number, which brings snapshots; each later one with the
// last number that was heard, which brings exactly what was missed, or snapshots where the box no longer keeps it. The
// request joins the rooms too. Nothing is buffered while there is no connection: what this page wants to hear is a set,
// and the next connection asks for the whole of it.
//
// Socket.IO itself notices a connection that went silent after 45 s. A parent in the garden should not stare at an old
// picture for that long, so this page asks for a sign of life when it has heard nothing for a second.
import { io, type Socket } from 'socket.io-client'
import type { Message, Told } from './types'

export type Link = 'connecting' | 'up' | 'down'

export interface Listener {
  /** A message. Replayed ones come in order, and before newer ones. */
  heard(message: Message): void
  /** The connection came, or went. */
  link(link: Link): void
  /** The box forgot its numbers (another box at this address, a new database): all that was heard is void. */
  forget(): void
}

/** Where the machines of the box are. It has no numbers: each connection enters it anew, and is told of all of them then. */
export const MACHINES = 'machines'

const SIGN_OF_LIFE_MS = 1000
const SILENT_MS = 2000 // from then on the page says so
const DEAD_MS = 8000 // from then on another connection is tried

export class Connection {
  private readonly socket: Socket
  private readonly rooms = new Map<string, number>() // how many parts of the page want to hear each
  private lastSeq: number | null = null
  private readonly playlistSeqs = new Map<string, number>()
  private lastHeard = performance.now()
  private link: Link = 'connecting'
  private asked = false // whether this connection's sync:request was sent: it joins the rooms that were wanted then
  private synced = false

  constructor(private readonly listener: Listener) {
    this.socket = io({
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 250,
      reconnectionDelayMax: 2000,
      timeout: 5000,
      autoConnect: false,
    })
    this.socket.on('disconnect', (reason) => {
      this.asked = false
      this.set('down')
      if (reason === 'io server disconnect') this.socket.connect() // the box restarts; it comes back
    })
    this.socket.on('connect_error', () => {
      this.set('down')
      if (!this.socket.active) this.socket.connect()
    })
    this.socket.onAny((name: string, data: unknown) => this.receive({ name, data } as Message))
    setInterval(() => this.watch(), SIGN_OF_LIFE_MS / 2)
    window.addEventListener('online', () => this.hurry())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.hurry()
    })
  }

  open(): void {
    this.socket.connect()
  }

  /** Hear a room until the function returned is called. Resolves with whether there is such a room. */
  join(room: string): { leave: () => void; exists: Promise<boolean> } {
    const wanted = this.rooms.get(room) ?? 0
    this.rooms.set(room, wanted + 1)
    const exists = this.enter(room)
    let left = false
    const leave = () => {
      if (left) return
      left = true
      const still = (this.rooms.get(room) ?? 1) - 1
      if (still > 0) return void this.rooms.set(room, still)
      this.rooms.delete(room)
      this.playlistSeqs.delete(playlistOf(room) ?? '')
      const [kind, body] = way(room)
      if (this.socket.connected) this.socket.emit(`leave:${kind}`, body)
    }
    return { leave, exists }
  }

  /** What is in a room that was joined is told once more. */
  ask(room: string): void {
    void this.enter(room)
  }

  private async enter(room: string): Promise<boolean> {
    if (!this.socket.connected || !this.asked) return true // the connection to come enters it
    const [kind, body] = way(room)
    try {
      const answer: { success: boolean } = await this.socket.timeout(5000).emitWithAck(`join:${kind}`, body)
      return answer.success
    } catch {
      return true
    }
  }

  private receive(message: Message): void {
    this.lastHeard = performance.now()
    if (message.name === 'connection_status') {
      this.listener.heard(message)
      return this.sync(message.data)
    }
    if (message.name === 'client_pong' || message.name === 'ack:leave') return this.alive()
    if (message.name === 'sync:complete') {
      this.synced = true
      this.lastSeq = Math.max(this.lastSeq ?? 0, message.data.server_seq)
    } else if (message.name.startsWith('state:')) {
      const { server_seq, playlist_id, playlist_seq } = message.data as Told['state:playlist']
      this.lastSeq = Math.max(this.lastSeq ?? 0, server_seq)
      if (playlist_id != null && playlist_seq != null) this.playlistSeqs.set(playlist_id, playlist_seq)
    }
    this.listener.heard(message)
    this.alive()
  }

  private sync(status: Told['connection_status']): void {
    if (this.lastSeq !== null && status.server_seq < this.lastSeq) {
      this.lastSeq = null
      this.playlistSeqs.clear()
      this.listener.forget()
    }
    this.synced = false
    this.asked = true
    this.socket.emit('sync:request', {
      ...(this.lastSeq === null ? {} : { last_global_seq: this.lastSeq }),
      last_playlist_seqs: Object.fromEntries(this.playlistSeqs),
      requested_rooms: ['playlists', ...[...this.rooms.keys()].filter((room) => room !== MACHINES)],
    })
    if (this.rooms.has(MACHINES)) this.socket.emit('join:machines', {})
  }

  /** Something was heard, so there is a connection, and the picture is that of now once it is in step. */
  private alive(): void {
    if (this.socket.connected && this.synced) this.set('up')
  }

  private watch(): void {
    if (!this.socket.connected) return
    const silence = performance.now() - this.lastHeard
    if (document.visibilityState === 'hidden') return void (this.lastHeard = performance.now()) // timers sleep there
    if (silence > SIGN_OF_LIFE_MS) this.socket.volatile.emit('client_ping', {})
    if (silence > SILENT_MS) this.set('down')
    if (silence > DEAD_MS) {
      this.lastHeard = performance.now()
      this.socket.io.engine.close()
    }
  }

  /** The phone woke up, or has a network again: do not wait for the next try. */
  private hurry(): void {
    this.lastHeard = performance.now()
    if (!this.socket.connected) this.socket.disconnect().connect()
    else this.socket.emit('client_ping', {})
  }

  private set(link: Link): void {
    if (link === this.link) return
    this.link = link
    this.listener.link(link)
  }
}

/** How a room is asked for. */
function way(room: string): ['machines' | 'playlist', object] {
  const playlist_id = playlistOf(room)
  return playlist_id === null ? ['machines', {}] : ['playlist', { playlist_id }]
}

function playlistOf(room: string): string | null {
  return room.startsWith('playlist:') ? room.slice('playlist:'.length) : null
}
