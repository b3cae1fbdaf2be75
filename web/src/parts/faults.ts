// What the box notes of its devices is English, for its log. Those faults that a family may meet are said in its language.

/** How each begins in `tomb/devices`, and under which key of `fault` its words are. */
export const FAULTS = {
  'there is no sound output': 'noOutput',
  'PortAudio is not installed': 'noPortAudio',
  'the sound system does not start': 'soundStarts',
  'the sound system does not answer': 'soundAnswers',
  'the sound output stopped taking sound': 'soundStopped',
  'the sound output takes no sound': 'soundStopped',
  'The smart card daemon (pcscd) is not running': 'noPcscd',
  'The smart card daemon (pcscd) does not let this user': 'pcscdRefuses',
  'Smart card support is not installed': 'noPcsc',
  'The tag reader was unplugged': 'unplugged',
  'No tag reader is plugged in': 'noReader',
  'Another program holds the tag reader': 'readerHeld',
} as const

/** Null for what is told as the box has it. */
export function fault(said: string): (typeof FAULTS)[keyof typeof FAULTS] | null {
  return Object.entries(FAULTS).find(([begin]) => said.startsWith(begin))?.[1] ?? null
}
