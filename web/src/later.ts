// Pages and dialogs have files of their own, so that the first screen waits neither for them nor for their words; and once the
// page rests they are fetched, so that no tap waits for the kitchen's Wi-Fi.
import { moreWords } from './i18n'

const loads: (() => Promise<unknown>)[] = []

export function later<T>(load: () => Promise<T>): () => Promise<T> {
  const both = async () => (await Promise.all([load(), moreWords()]))[0]
  loads.push(both)
  return both
}

/** One after the other; what cannot be had now is asked for again when it is needed. */
export async function fetchAhead(): Promise<void> {
  for (const load of loads) await load().catch(() => undefined)
}
