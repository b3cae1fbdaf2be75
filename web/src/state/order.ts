// The order of names, which is that of the box, too (tomb/library/sorting.py): "2" before "10", "Äpfel" before "Zebra".
// It is the same on every phone: that of English, and of German, is the one that Unicode has for all languages.
const collator = new Intl.Collator('en', { numeric: true, ignorePunctuation: true })

export const byName = (a: string, b: string): number => collator.compare(a, b)
