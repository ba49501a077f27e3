/**
 * LZ4, unpacking only: one frame, as Kafka's clients and brokers write it. Its own checksums are passed over: the record batch
 * around it has one, and TCP another.
 *
 * Why it exists: as `snappy.ts`.
 * Fails: throws on what is no LZ4 frame, and beyond `UNPACKED_BYTES_MAX`.
 */
import { Output } from "./output.ts"

const MAGIC = 0x184d2204

/** Flags of a frame's descriptor. */
const BLOCK_CHECKSUMS = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY = 0x01
const VERSION = 0xc0
const VERSION_1 = 0x40

/** Set in a block's length: its bytes stand as they are. */
const STORED = 0x80000000

/** A first guess of what it unpacks to; it may be more. */
const RATIO = 4

export const unpack = (packed: Buffer): Buffer => {
  if (packed.length < 7 || packed.readUInt32LE(0) !== MAGIC) throw new Error("LZ4: it is no frame")
  const flags = packed[4]!
  if ((flags & VERSION) !== VERSION_1) throw new Error("LZ4: a version of the frame that is not known")
  if (flags & DICTIONARY) throw new Error("LZ4: it needs a dictionary")
  // Magic, flags, sizes of blocks; then what the flags say, and a checksum of it.
  let at = 6 + (flags & CONTENT_SIZE ? 8 : 0) + 1
  const output = new Output(packed.length * RATIO)
  for (;;) {
    if (at + 4 > packed.length) throw new Error("LZ4: it ends without its end mark")
    const word = packed.readUInt32LE(at)
    at += 4
    if (word === 0) return output.bytes
    const end = at + (word % STORED)
    if (end > packed.length) throw new Error("LZ4: it ends in the middle of a block")
    if (word >= STORED) output.append(packed, at, end)
    else unpackBlock(packed, at, end, output)
    at = end + (flags & BLOCK_CHECKSUMS ? 4 : 0)
  }
}

/** Blocks may repeat what earlier ones of their frame hold: all of it is in `output`. */
const unpackBlock = (packed: Buffer, start: number, end: number, output: Output): void => {
  let at = start
  /** A length whose first part stands in the token: 15 is continued in bytes, of which the last is not 255. */
  const length = (first: number): number => {
    let sum = first
    if (first < 15) return sum
    for (;;) {
      if (at >= end) throw new Error("LZ4: it ends in the middle of a length")
      const byte = packed[at++]!
      sum += byte
      if (byte !== 255) return sum
    }
  }
  while (at < end) {
    const token = packed[at++]!
    const literals = length(token >>> 4)
    if (at + literals > end) throw new Error("LZ4: it ends in the middle of a literal")
    output.append(packed, at, at + literals)
    at += literals
    // The last sequence of a block has no match.
    if (at === end) return
    if (at + 2 > end) throw new Error("LZ4: it ends in the middle of a match")
    const distance = packed.readUInt16LE(at)
    at += 2
    output.repeat(distance, 4 + length(token & 15))
  }
}
