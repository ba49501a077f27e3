/**
 * Snappy, unpacking only: the raw format, and the frames in which Java clients and brokers put it (xerial's `SnappyOutputStream`).
 *
 * Why it exists: the packages of npm either bring a native binary or have no frames and no keeper. The format is 60 lines.
 * Fails: throws on what is no Snappy, and beyond `UNPACKED_BYTES_MAX`.
 */
import { Output } from "./output.ts"

/** "\x82SNAPPY\0"; then a version and the oldest one that can read it, 4 bytes each. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16

export const unpack = (packed: Buffer): Buffer => {
  if (!packed.subarray(0, XERIAL.length).equals(XERIAL)) return unpackRaw(packed)
  const parts: Array<Buffer> = []
  for (let at = XERIAL_HEADER_BYTES; at < packed.length; ) {
    const length = packed.readInt32BE(at)
    parts.push(unpackRaw(packed.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return Buffer.concat(parts)
}

const unpackRaw = (packed: Buffer): Buffer => {
  let at = 0
  const next = (): number => {
    if (at >= packed.length) throw new Error("Snappy: it ends in the middle")
    return packed[at++]!
  }
  /** Of `bytes` bytes, the lowest first. */
  const number = (bytes: number): number => {
    let value = 0
    for (let index = 0; index < bytes; index++) value += next() * 2 ** (8 * index)
    return value
  }
  let expected = 0
  for (let shift = 0; ; shift += 7) {
    const byte = next()
    expected += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
    if (shift > 28) throw new Error("Snappy: its length is none")
  }
  const output = new Output(expected)
  while (at < packed.length) {
    const tag = next()
    const upper = tag >>> 2
    switch (tag & 3) {
      case 0: {
        const length = 1 + (upper < 60 ? upper : number(upper - 59))
        output.append(packed, at, at + length)
        at += length
        break
      }
      case 1:
        output.repeat((tag >>> 5) * 256 + next(), 4 + (upper & 7))
        break
      case 2:
        output.repeat(number(2), 1 + upper)
        break
      default:
        output.repeat(number(4), 1 + upper)
    }
  }
  if (output.bytes.length !== expected) throw new Error("Snappy: it is not as long as it says")
  return output.bytes
}
