/** What is written to Kafka by our own code, held against known values and against kafkajs. */
import * as fc from "fast-check"
import { Partitioners } from "kafkajs"
import { describe, expect, it } from "vitest"
import { crc32c } from "../../../src/adapters/kafka/crc32c.ts"
import { partitionOf } from "../../../src/adapters/kafka/partition.ts"

const sum = (bytes: Uint8Array) => crc32c(bytes, 0, bytes.length)

describe("the checksum", () => {
  it.each([
    ["nothing", Buffer.from(""), 0],
    ["the digits of its catalogue", Buffer.from("123456789"), 0xe306_9283],
    ["32 zeros", Buffer.alloc(32), 0x8a91_36aa],
    ["32 bytes that are all ones", Buffer.alloc(32, 0xff), 0x62a8_ab43],
    ["32 bytes that grow", Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)), 0x46dd_794e],
  ])("of %s is as published", (_, bytes, expected) => {
    expect(sum(bytes)).toBe(expected)
  })

  it("looks at the bytes between start and end only", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, bytes, after) => {
        const all = Buffer.concat([before, bytes, after])
        expect(crc32c(all, before.length, before.length + bytes.length)).toBe(sum(bytes))
      }),
    )
  })
})

describe("the partition of a key", () => {
  // Of Kafka's own tests of its hash.
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("%s is where Kafka's own clients put it", (key, hash) => {
    for (const partitions of [1, 8, 12, 1_000_003])
      expect(partitionOf(key, partitions)).toBe((hash & 0x7fff_ffff) % partitions)
  })

  it("is the one of kafkajs, for any key", () => {
    const theirs = Partitioners.DefaultPartitioner()
    const ofKafkajs = (key: string, partitions: number) =>
      theirs({
        topic: "any",
        message: { key, value: "" },
        partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
          partitionErrorCode: 0,
          partitionId,
          leader: 1,
          replicas: [1],
          isr: [1],
        })),
      })
    fc.assert(
      fc.property(
        fc.oneof(fc.uuid(), fc.string({ unit: "binary", minLength: 1 })),
        fc.integer({ min: 1, max: 64 }),
        (key, partitions) => {
          expect(partitionOf(key, partitions)).toBe(ofKafkajs(key, partitions))
        },
      ),
    )
  })

  it("is the first without a key", () => {
    expect(partitionOf("", 12)).toBe(0)
  })
})
