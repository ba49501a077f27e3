/**
 * Positions in the database's log (LSN): a write is answered with one, and a read that brings it sees that write, whichever replica
 * answers (read your writes).
 *
 * Positions that were reached lie in shared memory: workers write them, HTTP threads read them. One slot a writer, so that none has to
 * wait for another.
 *
 * Law: a writer's slot is moved after its write is durable and before it is answered.
 */
import { Context } from "effect"

export type Slots = BigUint64Array

/** The slot of the thread that takes the lanes; worker n has the slot behind it, 1 + n. */
export const MAIN = 0

export const share = (workers: number): Slots =>
  new BigUint64Array(new SharedArrayBuffer((1 + workers) * BigUint64Array.BYTES_PER_ELEMENT))

/** Where positions are kept; null: there is no replica to compare them with. */
export const Reached = Context.Reference<Slots | null>("jaego/ports/position/Reached", { defaultValue: () => null })

/** What a read must see at least; null: anything. */
export const AtLeast = Context.Reference<bigint | null>("jaego/ports/position/AtLeast", { defaultValue: () => null })

/** Of a write whose position could not be read: no replica ever gets there, so that the primary is asked. */
export const UNKNOWN = 0xffff_ffff_ffff_ffffn

export const moveTo = (slots: Slots, slot: number, position: bigint): void => {
  const before = Atomics.load(slots, slot)
  if (position > before || before === UNKNOWN) Atomics.store(slots, slot, position)
}

/** Behind everything that any writer has written. */
export const newest = (slots: Slots): bigint => {
  let newest = 0n
  for (let slot = 0; slot < slots.length; slot++) {
    const position = Atomics.load(slots, slot)
    if (position > newest) newest = position
  }
  return newest
}

/** As PostgreSQL writes it: `16/B374D848`. */
export const text = (position: bigint): string =>
  `${(position >> 32n).toString(16)}/${(position & 0xffff_ffffn).toString(16)}`.toUpperCase()

/** Null: it is none. */
export const parse = (text: string): bigint | null => {
  const found = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text)
  return found === null ? null : (BigInt(`0x${found[1]}`) << 32n) | BigInt(`0x${found[2]}`)
}
