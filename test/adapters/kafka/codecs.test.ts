/** What brokers pack is read: against what the reference implementations have packed, and against nonsense. */
import { gzipSync, zstdCompressSync } from "node:zlib"
import * as fc from "fast-check"
import { CompressionCodecs, CompressionTypes } from "kafkajs"
import { describe, expect, it } from "vitest"
import "../../../src/adapters/kafka/codecs.ts"
import * as Lz4 from "../../../src/adapters/kafka/lz4.ts"
import { Output, UNPACKED_BYTES_MAX } from "../../../src/adapters/kafka/output.ts"
import * as Snappy from "../../../src/adapters/kafka/snappy.ts"

const TEXT = `{"id":"01a1feab-5c87","status":"paid","lines":[${'{"productId":"01a1feab","quantity":2},'.repeat(40)}]}注文 заказ 🧺`

/** Linked blocks, the content's size, and every checksum that a frame may have. */
const LZ4_WHOLE =
  "BCJNGHxANwYAAAAAAADDcQAAAPgqeyJpZCI6IjAxYTFmZWFiLTVjODciLCJzdGF0dXMiOiJwYWlkIiwibGluZXMiOlt7InByb2R1Y3RJNgD/ASIsInF1YW50aXR5IjoyfSwmAP//////vPAJXX3ms6jmlocg0LfQsNC60LDQtyDwn6e6MeWsyQAAAAAOpley"
/** As Kafka writes them: independent blocks, nothing else. */
const LZ4_BARE =
  "BCJNGGBAgnEAAAD4KnsiaWQiOiIwMWExZmVhYi01Yzg3Iiwic3RhdHVzIjoicGFpZCIsImxpbmVzIjpbeyJwcm9kdWN0STYA/wEiLCJxdWFudGl0eSI6Mn0sJgD//////7zwCV195rOo5paHINC30LDQutCw0Lcg8J+nugAAAAA="
const SNAPPY =
  "twzgeyJpZCI6IjAxYTFmZWFiLTVjODciLCJzdGF0dXMiOiJwYWlkIiwibGluZXMiOlt7InByb2R1Y3RJLjYAPCIsInF1YW50aXR5IjoyfSz+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgD+JgAZJlxdfeazqOaWhyDQt9Cw0LrQsNC3IPCfp7o="

const bytes = (base64: string): Buffer => Buffer.from(base64, "base64")

/** In blocks, as Java's `SnappyOutputStream` frames them. */
const xerial = (...blocks: ReadonlyArray<Buffer>): Buffer =>
  Buffer.concat([
    Buffer.from("82534e41505059000000000100000001", "hex"),
    ...blocks.flatMap((block) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(block.length)
      return [length, block]
    }),
  ])

describe("a packed batch", () => {
  it.each([
    ["LZ4 with all that a frame may have", Lz4.unpack, bytes(LZ4_WHOLE)],
    ["LZ4 as Kafka writes it", Lz4.unpack, bytes(LZ4_BARE)],
    ["raw Snappy", Snappy.unpack, bytes(SNAPPY)],
    ["Snappy in a frame", Snappy.unpack, xerial(bytes(SNAPPY))],
  ])("is read: %s", (_, unpack, packed) => {
    expect(unpack(packed).toString()).toBe(TEXT)
  })

  it("is read in as many blocks as it comes in", () => {
    expect(Snappy.unpack(xerial(bytes(SNAPPY), bytes(SNAPPY))).toString()).toBe(TEXT + TEXT)
  })

  it("is read when a block stands as it is, because packing it would not pay", () => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE((0x8000_0000 + 3) >>> 0)
    const frame = Buffer.concat([bytes(LZ4_BARE).subarray(0, 7), length, Buffer.from("abc"), Buffer.alloc(4)])
    expect(Lz4.unpack(frame).toString()).toBe("abc")
  })

  it("is read by kafkajs in each codec that Kafka has", async () => {
    const packed = [
      [CompressionTypes.GZIP, gzipSync(TEXT)],
      [CompressionTypes.ZSTD, zstdCompressSync(TEXT)],
      [CompressionTypes.LZ4, bytes(LZ4_BARE)],
      [CompressionTypes.Snappy, xerial(bytes(SNAPPY))],
    ] as const
    for (const [type, batch] of packed) {
      const codec = CompressionCodecs[type as CompressionTypes.GZIP]()
      expect((await codec.decompress(batch)).toString()).toBe(TEXT)
    }
  })

  it("that is none ends in an error, and in nothing else", () => {
    const known = [
      [Lz4.unpack, bytes(LZ4_BARE)],
      [Lz4.unpack, bytes(LZ4_WHOLE)],
      [Snappy.unpack, bytes(SNAPPY)],
      [Snappy.unpack, xerial(bytes(SNAPPY))],
    ] as const
    fc.assert(
      fc.property(
        fc.constantFrom(...known),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        ([unpack, packed], flips, end) => {
          const broken = Buffer.from(packed)
          for (const [at, byte] of flips) broken[at % broken.length] = byte
          const cut = broken.subarray(0, end % (broken.length + 1))
          try {
            expect(unpack(cut)).toBeInstanceOf(Buffer)
          } catch (error) {
            expect(error).toBeInstanceOf(Error)
            expect(String(error)).not.toContain("AssertionError")
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it("that unpacks without end is given up", () => {
    const output = new Output(1_000_000)
    output.append(Buffer.alloc(1_000_000), 0, 1_000_000)
    expect(() => {
      for (let times = 0; times < 200; times++) output.repeat(1_000_000, 1_000_000)
    }).toThrow(`more than ${UNPACKED_BYTES_MAX} bytes`)
  })
})
