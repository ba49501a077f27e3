/**
 * Which idempotency keys may be bound: a Bloom filter. Its "no" is certain, its "maybe" is for the ledger to settle.
 *
 * Why it exists: a refusal has to know that its key is free, or a buyer whose order was accepted would be refused when he
 * asks again; and asking the ledger for each of the thousands who come after the last unit was sold would keep it from
 * those who still sell.
 *
 * Law: it says "no" only once everything the ledger holds has been read into it, and every key of ours is added before
 * its commit is sent.
 * Limits: BITS_MAX; beyond what it was made for it says "maybe" more often, never a wrong "no".
 */

/** Bits a key, and hashes: one wrong "maybe" in a hundred. */
const BITS_PER_KEY = 10
const HASHES = 7

/** 1 MiB, for 800,000 keys; and 32 MiB, for 26 million. */
const BITS_MIN = 2 ** 23
const BITS_MAX = 2 ** 28

/** FNV-1a over UTF-16 units, begun at two different values: two hashes make all the others. */
const hash = (name: string, start: number): number => {
  let value = start
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193)
  // Neighbouring keys differ in their last digits only: the mixing makes them strangers (Murmur 3's finish).
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

export class KnownKeys {
  #words = new Uint32Array(BITS_MIN / 32)
  #added = 0
  #complete = false

  /** It holds all that the ledger holds. */
  complete(): void {
    this.#complete = true
  }

  /** More keys than it was made for: worth making anew, larger. */
  get isOutgrown(): boolean {
    const bits = this.#words.length * 32
    return this.#added > bits / BITS_PER_KEY && bits < BITS_MAX
  }

  /** Empty and incomplete again, at twice the size. */
  regrow(): void {
    this.#words = new Uint32Array(this.#words.length * 2)
    this.#added = 0
    this.#complete = false
  }

  /** `name` as of `claimName`. */
  add(name: string): void {
    this.#added++
    const words = this.#words
    const mask = words.length * 32 - 1
    const step = hash(name, 0x9e3779b9) | 1
    let at = hash(name, 0x811c9dc5)
    for (let i = 0; i < HASHES; i++) {
      const bit = at & mask
      words[bit >>> 5]! |= 1 << (bit & 31)
      at += step
    }
  }

  mayBeBound(name: string): boolean {
    if (!this.#complete) return true
    const words = this.#words
    const mask = words.length * 32 - 1
    const step = hash(name, 0x9e3779b9) | 1
    let at = hash(name, 0x811c9dc5)
    for (let i = 0; i < HASHES; i++) {
      const bit = at & mask
      if ((words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false
      at += step
    }
    return true
  }
}
