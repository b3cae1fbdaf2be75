// What is shown is what the box said, and on top of it what this page has asked for and the box has not settled yet.
// The two are kept apart: taking a command back is dropping its layer, and when no layer is left the page shows exactly
// what the box said, whatever happened in between.

export interface Pending<S> {
  readonly op: string
  readonly apply: (state: S) => S
}

export interface Layers<S> {
  readonly confirmed: S
  readonly pending: readonly Pending<S>[]
}

export function layers<S>(confirmed: S): Layers<S> {
  return { confirmed, pending: [] }
}

export function confirm<S>(held: Layers<S>, change: (state: S) => S): Layers<S> {
  const confirmed = change(held.confirmed)
  return confirmed === held.confirmed ? held : { ...held, confirmed }
}

export function begin<S>(held: Layers<S>, op: string, apply: (state: S) => S): Layers<S> {
  return { ...held, pending: [...held.pending, { op, apply }] }
}

/** The box has carried the operation out, or refused it, or nobody knows: in each case what it says is what counts. */
export function settle<S>(held: Layers<S>, op: string): Layers<S> {
  const pending = held.pending.filter((each) => each.op !== op)
  return pending.length === held.pending.length ? held : { ...held, pending }
}

export function shown<S>(held: Layers<S>): S {
  return held.pending.reduce((state, each) => each.apply(state), held.confirmed)
}
