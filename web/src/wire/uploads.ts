// The requests of an upload. Chunks are raw bodies with a checksum; they are repeated until the box has them, so they do
// not go through `command`, which gives up with the connection.
import { api, command, peek, read, refusal, Unreachable } from './http'
import type { UploadSession, UploadStatus } from './types'

export interface Announced {
  name: string
  size: number
  sha256: string
}

export const CHUNK_SIZE = 1_048_576

export function begin(playlistId: string, file: Announced): Promise<UploadSession> {
  return command((signal) =>
    api.POST('/api/playlists/{playlist_id}/uploads/session', {
      params: { path: { playlist_id: playlistId } },
      body: { filename: file.name, file_size: file.size, chunk_size: CHUNK_SIZE, file_hash: file.sha256 },
      signal,
    }),
  )
}

/** Raises Refused, Unreachable. `sha256`: of the chunk, in hex. */
export async function sendChunk(
  playlistId: string, sessionId: string, index: number, chunk: Blob, sha256: string, signal: AbortSignal,
): Promise<void> {
  let response: Response
  try {
    response = await fetch(`/api/playlists/${playlistId}/uploads/${sessionId}/chunks/${index}`, {
      method: 'PUT',
      body: chunk,
      headers: { 'content-type': 'application/octet-stream', 'x-chunk-sha256': sha256 },
      signal,
    })
  } catch {
    throw new Unreachable()
  }
  if (!response.ok) throw refusal(response, await response.json().catch(() => null))
}

export async function finish(playlistId: string, sessionId: string, sha256: string): Promise<void> {
  await read((signal) =>
    api.POST('/api/playlists/{playlist_id}/uploads/{session_id}/finalize', {
      params: { path: { playlist_id: playlistId, session_id: sessionId } },
      body: { file_hash: sha256, client_op_id: `finish-${sessionId}` }, // asked again, it is answered again
      signal,
    }),
  )
}

export function status(playlistId: string, sessionId: string): Promise<UploadStatus> {
  return read((signal) =>
    api.GET('/api/playlists/{playlist_id}/uploads/{session_id}', {
      params: { path: { playlist_id: playlistId, session_id: sessionId } },
      signal,
    }),
  )
}

export async function unfinished(): Promise<UploadStatus[]> {
  const listed = await peek((signal) => api.GET('/api/uploads/sessions', { signal }))
  if (listed === null) throw new Unreachable()
  return listed.sessions.filter((each) => each.status === 'pending' || each.status === 'uploading')
}

export async function cancel(sessionId: string): Promise<void> {
  await command((signal) =>
    api.DELETE('/api/uploads/sessions/{session_id}', { params: { path: { session_id: sessionId } }, signal }),
  )
}
