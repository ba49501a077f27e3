/**
 * Bytes in the wire format of Protocol Buffers, written from their end to their beginning: the length of a message stands before it,
 * and is known once the message is written. So nothing is copied and no part has a buffer of its own.
 *
 *     writer.number(3, 7).text(1, "a").message(2, end)
 *     each call puts its field before those that are there already
 */

const VARINT = 0
const FIXED_64 = 1
const DELIMITED = 2

const LOW = 2 ** 32
const MICROSECOND = 1_000

export class BackwardBytes {
  #bytes: Buffer
  /** Where the first byte stands. */
  #start: number

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity)
    this.#start = capacity
  }

  /** How many there are: what a message that begins now has behind it. */
  get length(): number {
    return this.#bytes.length - this.#start
  }

  /** A copy, which stays as it is. */
  copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.subarray(this.#start))
  }

  clear(): void {
    this.#start = this.#bytes.length
  }

  /** What was written since there were `behind` bytes becomes a message. */
  message(field: number, behind: number): void {
    this.#delimited(field, this.length - behind)
  }

  text(field: number, text: string): void {
    const { length } = text
    const at = this.#make(length * 3)
    const bytes = this.#bytes
    for (let index = 0, to = at - length; index < length; index++, to++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return this.#unicode(field, text)
      bytes[to] = code
    }
    this.#start = at - length
    this.#delimited(field, length)
  }

  hex(field: number, digits: string): void {
    const length = digits.length / 2
    const at = this.#make(length)
    this.#bytes.write(digits, at - length, length, "hex")
    this.#start = at - length
    this.#delimited(field, length)
  }

  raw(field: number, bytes: Uint8Array): void {
    const at = this.#make(bytes.length)
    this.#bytes.set(bytes, at - bytes.length)
    this.#start = at - bytes.length
    this.#delimited(field, bytes.length)
  }

  /** An integer that is exact; also below zero, in ten bytes. */
  integer(field: number, value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) this.#varint(value)
    else this.#varint64(BigInt.asUintN(64, BigInt(value)))
    this.#tag(field, VARINT)
  }

  double(field: number, value: number): void {
    this.#start = this.#make(8) - 8
    this.#bytes.writeDoubleLE(value, this.#start)
    this.#tag(field, FIXED_64)
  }

  /** Milliseconds as nanoseconds, to the microsecond: of 64 bits, which no number holds. */
  nanoseconds(field: number, ms: number): void {
    const micros = Math.round(ms * MICROSECOND)
    const high = Math.floor(micros / LOW)
    const low = (micros - high * LOW) * 1_000
    const carry = Math.floor(low / LOW)
    this.#start = this.#make(8) - 8
    this.#bytes.writeUInt32LE(low - carry * LOW, this.#start)
    this.#bytes.writeUInt32LE(high * 1_000 + carry, this.#start + 4)
    this.#tag(field, FIXED_64)
  }

  #unicode(field: number, text: string): void {
    const length = Buffer.byteLength(text)
    const at = this.#make(length)
    this.#bytes.write(text, at - length, length, "utf8")
    this.#start = at - length
    this.#delimited(field, length)
  }

  #delimited(field: number, length: number): void {
    this.#varint(length)
    this.#tag(field, DELIMITED)
  }

  #tag(field: number, kind: number): void {
    this.#varint(field * 8 + kind)
  }

  #varint(value: number): void {
    let size = 1
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
    let to = this.#make(size) - size
    this.#start = to
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[to++] = (rest % 0x80) | 0x80
    this.#bytes[to] = rest
  }

  #varint64(value: bigint): void {
    const digits: Array<number> = []
    let rest = value
    for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80)
    digits.push(Number(rest))
    this.#start = this.#make(digits.length) - digits.length
    this.#bytes.set(digits, this.#start)
  }

  /** Room for `more`, before `start`, which is returned. */
  #make(more: number): number {
    if (this.#start < more) {
      const grown = Buffer.allocUnsafe(2 * this.#bytes.length + more)
      const start = grown.length - this.length
      this.#bytes.copy(grown, start, this.#start)
      this.#bytes = grown
      this.#start = start
    }
    return this.#start
  }
}
