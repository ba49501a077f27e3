/** Where a decompressor writes: a buffer that grows with what comes, up to a limit, and can repeat what it holds. */

/** The most one batch may unpack to: brokers take 1 MB of compressed bytes unless configured otherwise, and text shrinks tenfold. */
export const UNPACKED_BYTES_MAX = 128 * 1024 * 1024

export class Output {
  #buffer: Buffer
  #length = 0

  constructor(expected: number) {
    this.#buffer = Buffer.allocUnsafe(Math.min(expected, UNPACKED_BYTES_MAX))
  }

  /** Bytes of `source` from `start` to before `end`. */
  append(source: Buffer, start: number, end: number): void {
    if (start > end || end > source.length) throw new Error("it ends in the middle of a literal")
    this.#grow(end - start)
    this.#length += source.copy(this.#buffer, this.#length, start, end)
  }

  /** `length` bytes again, beginning `distance` before the end; they may overlap what they write. */
  repeat(distance: number, length: number): void {
    if (distance < 1 || distance > this.#length) throw new Error("it repeats what was never there")
    this.#grow(length)
    const buffer = this.#buffer
    const from = this.#length - distance
    const end = this.#length + length
    if (distance >= length) buffer.copyWithin(this.#length, from, from + length)
    else for (let to = this.#length, at = from; to < end; to++, at++) buffer[to] = buffer[at]!
    this.#length = end
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #grow(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#buffer.length) return
    if (needed > UNPACKED_BYTES_MAX) throw new Error(`it unpacks to more than ${UNPACKED_BYTES_MAX} bytes`)
    const grown = Buffer.allocUnsafe(Math.min(UNPACKED_BYTES_MAX, Math.max(needed, 2 * this.#buffer.length)))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
