/**
 * A scalable Bloom filter: which texts may have been added. Its "no" is certain. A text is hashed once; a filter that is full
 * gets a neighbour twice its size, so that growing neither forgets anything nor asks for it again.
 *
 * Limits: of a filter that is full one "no" in a hundred is a "maybe", of all of them a few; beyond the last one more and more
 * are, never a wrong "no".
 */

/** Bits a text, and hashes: one wrong "maybe" in a hundred. */
const BITS_PER_TEXT = 10
const HASHES = 7

/** 1, 2, 4, 8 and 16 MiB: for 26 million texts in all. */
const BITS_MIN = 2 ** 23
const FILTERS_MAX = 5

/** Two hashes make all the others (Kirsch and Mitzenmacher). Of the text asked for last: a pair would be made for each. */
let first = 0
let step = 0

/** Neighbouring texts differ in their last digits only: this makes them strangers (the finish of Murmur 3). */
const mixed = (hash: number): number => {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

/** FNV-1a over UTF-16 units, begun at two different values. */
const hash = (text: string): void => {
  let one = 0x811c9dc5
  let two = 0x9e3779b9
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    one = Math.imul(one ^ unit, 0x01000193)
    two = Math.imul(two ^ unit, 0x01000193)
  }
  first = mixed(one)
  step = mixed(two) | 1
}

const has = (words: Uint32Array): boolean => {
  const mask = words.length * 32 - 1
  let at = first
  for (let i = 0; i < HASHES; i++) {
    const bit = at & mask
    if ((words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false
    at += step
  }
  return true
}

export class BloomFilter {
  readonly #filters = [new Uint32Array(BITS_MIN / 32)]
  /** Texts in the last filter. */
  #added = 0

  mayHave(text: string): boolean {
    hash(text)
    return this.#filters.some(has)
  }

  add(text: string): void {
    hash(text)
    if (this.#filters.some(has)) return
    const words = this.#room()
    const mask = words.length * 32 - 1
    let at = first
    for (let i = 0; i < HASHES; i++) {
      const bit = at & mask
      words[bit >>> 5]! |= 1 << (bit & 31)
      at += step
    }
    this.#added++
  }

  /** The last filter, or a new one if that is full and there may be one more. */
  #room(): Uint32Array {
    const last = this.#filters.at(-1)!
    if (this.#added * BITS_PER_TEXT < last.length * 32 || this.#filters.length === FILTERS_MAX) return last
    const next = new Uint32Array(last.length * 2)
    this.#filters.push(next)
    this.#added = 0
    return next
  }
}
