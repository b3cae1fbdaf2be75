// Hashes files off the page's own thread: a book of 500 MB takes seconds, and the page must not stand still for them.
import { Sha256 } from './sha256'

const PIECE = 1_048_576

self.onmessage = async ({ data }: MessageEvent<{ id: number; blob: Blob }>) => {
  try {
    const sum = new Sha256()
    for (let at = 0; at < data.blob.size; at += PIECE)
      sum.update(new Uint8Array(await data.blob.slice(at, at + PIECE).arrayBuffer()))
    self.postMessage({ id: data.id, sha256: sum.digest() })
  } catch {
    self.postMessage({ id: data.id, sha256: null }) // the file went away, or may not be read
  }
}
