// The parents' PIN: whether this phone needs it, the one question for it, and the answer.
import { ref, shallowRef } from 'vue'
import { api, command, Refused, usePinPrompt } from '@/wire/http'

/**
 * Whether this phone was refused what is for parents, and the PIN was not entered since. Meanwhile pages offer the question
 * in place of what they cannot show, and look at nothing by themselves; they look when this is over.
 */
export const locked = ref(false)

/** The question that is open, and how it is answered. */
export const pinQuestion = shallowRef<{ answer: (entered: boolean) => void } | null>(null)
let asking: Promise<boolean> | null = null

/** Asks for the PIN; all who ask while the question is open wait for its one answer: whether it was entered. */
export function askPin(): Promise<boolean> {
  locked.value = true
  asking ??= new Promise<boolean>((resolve) => {
    pinQuestion.value = {
      answer: (entered) => {
        pinQuestion.value = null
        asking = null
        if (entered) locked.value = false
        resolve(entered)
      },
    }
  })
  return asking
}
usePinPrompt(askPin, () => (locked.value = true))

/** Null when it is right, else why not. */
export async function enterPin(pin: string): Promise<'wrong' | 'slow' | 'away' | null> {
  try {
    await command((signal) => api.POST('/api/pin/session', { body: { pin }, signal }))
    pinQuestion.value?.answer(true)
    return null
  } catch (error) {
    if (!(error instanceof Refused)) return 'away'
    return error.status === 429 ? 'slow' : 'wrong'
  }
}

export async function lock(): Promise<void> {
  await command((signal) => api.DELETE('/api/pin/session', { signal })).catch(() => undefined)
}
