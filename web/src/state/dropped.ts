// What was dropped on the page: files, and folders of files.

export interface Dropped {
  /** The folder they lay in, null for loose files. */
  readonly folder: string | null
  readonly files: File[]
}

const natural = new Intl.Collator(undefined, { numeric: true })

export async function droppedIn(transfer: DataTransfer): Promise<Dropped[]> {
  const entries = [...transfer.items].map((each) => each.webkitGetAsEntry?.() ?? null)
  if (entries.every((each) => each === null)) return group([...transfer.files].map((file) => ({ folder: null, file })))
  const found: { folder: string | null; file: File }[] = []
  for (const entry of entries) if (entry !== null) await walk(entry, null, found)
  return group(found)
}

/** Of a folder that was picked: each file says where it lay. */
export function pickedIn(files: readonly File[]): Dropped[] {
  return group(files.map((file) => ({ folder: file.webkitRelativePath.split('/').at(-2) ?? null, file })))
}

async function walk(entry: FileSystemEntry, folder: string | null, found: { folder: string | null; file: File }[]): Promise<void> {
  if (entry.isFile) {
    if (entry.name.startsWith('.')) return // .DS_Store and its like
    found.push({ folder, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    for (const each of some) await walk(each, entry.name, found)
  }
}

function group(found: readonly { folder: string | null; file: File }[]): Dropped[] {
  const folders = new Map<string | null, File[]>()
  for (const { folder, file } of found) folders.set(folder, [...(folders.get(folder) ?? []), file])
  return [...folders].map(([folder, files]) => ({ folder, files: files.sort((a, b) => natural.compare(a.name, b.name)) }))
}
