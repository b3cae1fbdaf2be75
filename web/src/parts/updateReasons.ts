// Why an update came to nothing, or went back: keys of the box, and of the program that installs it.
/** What went wrong, as far as there are words for it here; the box says it in English. */
export const REASONS: ReadonlySet<string> = new Set([
  'network', 'not_there', 'too_large', 'refused', 'bad_index', 'no_package', 'no_room', 'not_taken', 'interrupted', 'busy',
  'no_key', 'bad_signature', 'bad_file', 'bad_package', 'wrong_package', 'wrong_computer', 'not_newer', 'needs_packages',
  'no_library', 'not_installable', 'no_start', 'no_web', 'no_sound', 'no_reader', 'unsteady',
])
