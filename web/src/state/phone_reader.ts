// The tag reader of this phone: Web NFC, which Chrome on Android has where the page comes over HTTPS.

interface NdefReader extends EventTarget {
  scan(options: { signal: AbortSignal }): Promise<void>
}
interface NdefReading extends Event {
  readonly serialNumber: string
}
declare global {
  interface Window {
    NDEFReader?: new () => NdefReader
  }
}

export const phoneReads = window.NDEFReader !== undefined

/** The id of the next tag that is held to this phone, as the box writes it. Rejected when the phone may not, or cannot. */
export async function readTag(signal: AbortSignal): Promise<string> {
  const reader = new window.NDEFReader!()
  const read = new Promise<string>((resolve, reject) => {
    reader.addEventListener('reading', (event) => {
      const id = (event as NdefReading).serialNumber.replaceAll(':', '').toUpperCase()
      if (/^([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})$/.test(id)) resolve(id)
      else reject(new Error('a tag without a number'))
    })
    reader.addEventListener('readingerror', () => reject(new Error('unreadable')))
  })
  await reader.scan({ signal })
  return read
}
