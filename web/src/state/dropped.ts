// What was dropped on the page: files, and folders of files. They become playlists as by `tomb import` (tomb/library/folders.py),
// as far as a browser can tell: what is hidden or a system's own is left out, discs are one playlist, names have the same order.
import { byName } from '@/state/order'

export interface Dropped {
  /** The folder they lay in, null for loose files. */
  readonly folder: string | null
  readonly files: File[]
}

/** A file, and the folders that it lies in, the outermost first. */
interface Found {
  readonly folders: readonly string[]
  readonly file: File
}

const SYSTEM = new Set([
  '__macosx', 'system volume information', '$recycle.bin', 'recycler', 'lost+found', 'network trash folder', 'temporary items',
  '@eadir', '#recycle', '#snapshot', '@synoresource', '@recycle', '@recently-snapshot',
])
const DISC = /^(?:cds?|dis[ck]s?|dvd|mc|lp|tape|cassette|kassette|platte|side|seite)[\s._#-]*0*(\d{1,3})(?![\p{L}\p{N}])/iu
const ENDING = /\.(?=.*[a-z])[a-z0-9]{1,5}$/i

export async function droppedIn(transfer: DataTransfer): Promise<Dropped[]> {
  const entries = [...transfer.items].map((each) => each.webkitGetAsEntry?.() ?? null)
  if (entries.every((each) => each === null)) return group([...transfer.files].map((file) => ({ folders: [], file })))
  const found: Found[] = []
  for (const entry of entries) if (entry !== null) await walk(entry, [], found)
  return group(found)
}

/** Of a folder that was picked: each file says where it lay. */
export function pickedIn(files: readonly File[]): Dropped[] {
  return group(files.map((file) => ({ folders: file.webkitRelativePath.split('/').slice(0, -1), file })).filter(({ folders, file }) => [...folders, file.name].every(isForPeople)))
}

const isForPeople = (name: string): boolean => !name.startsWith('.') && !SYSTEM.has(name.toLowerCase())

async function walk(entry: FileSystemEntry, folders: readonly string[], found: Found[]): Promise<void> {
  if (!isForPeople(entry.name)) return
  if (entry.isFile) {
    found.push({ folders, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    for (const each of some) await walk(each, [...folders, entry.name], found)
  }
}

/** A playlist a folder, by its whole path: many series have a "Folge 1". What lies on a disc belongs to the folder that holds the discs. */
function group(found: readonly Found[]): Dropped[] {
  const albums = new Map<string, { folder: string | null; on: { disc: number; file: File }[] }>()
  for (const { folders, file } of found) {
    const first = folders.findIndex((name, depth) => depth > 0 && DISC.test(name))
    const path = first < 0 ? folders : folders.slice(0, first)
    const disc = first < 0 ? 0 : Number(DISC.exec(folders[first] ?? '')?.[1])
    const album = albums.get(path.join('/')) ?? { folder: path.at(-1) ?? null, on: [] }
    album.on.push({ disc, file })
    albums.set(path.join('/'), album)
  }
  const stem = (file: File): string => file.name.replace(ENDING, '')
  return [...albums.values()].map(({ folder, on }) => ({
    folder,
    files: on.sort((a, b) => a.disc - b.disc || byName(stem(a.file), stem(b.file))).map(({ file }) => file),
  }))
}
