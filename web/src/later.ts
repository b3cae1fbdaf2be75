// Pages and dialogs have files of their own, so that the first screen does not wait for them; and once the page rests they
// are fetched, so that no tap waits for the kitchen's Wi-Fi.
const loads: (() => Promise<unknown>)[] = []

export function later<T>(load: () => Promise<T>): () => Promise<T> {
  loads.push(load)
  return load
}

/** One after the other; what cannot be had now is asked for again when it is needed. */
export async function fetchAhead(): Promise<void> {
  for (const load of loads) await load().catch(() => undefined)
}
