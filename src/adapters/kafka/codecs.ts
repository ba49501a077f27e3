/**
 * Codecs of record batches, for reading: a topic's `compression.type` makes the broker pack anew what we send as it is, and
 * kafkajs itself knows gzip only. Importing this file makes kafkajs know all that Kafka has.
 *
 * Limits: UNPACKED_BYTES_MAX a batch. We never send packed batches: the broker packs, where its operator wants that.
 */
import { promisify } from "node:util"
import { unzip, zstdDecompress } from "node:zlib"
import { CompressionCodecs, CompressionTypes } from "./kafkajs-internals.ts"
import * as Lz4 from "./lz4.ts"
import { UNPACKED_BYTES_MAX } from "./output.ts"
import * as Snappy from "./snappy.ts"

const LIMIT = { maxOutputLength: UNPACKED_BYTES_MAX }

const reading = (unpack: (packed: Buffer) => Promise<Buffer>) => () => ({
  compress: () => Promise.reject(new Error("batches are sent as they are")),
  decompress: unpack,
})

const gunzip = promisify<Buffer, object, Buffer>(unzip)
const unzstd = promisify<Buffer, object, Buffer>(zstdDecompress)

CompressionCodecs[CompressionTypes.GZIP] = reading((packed) => gunzip(packed, LIMIT))
CompressionCodecs[CompressionTypes.ZSTD] = reading((packed) => unzstd(packed, LIMIT))
CompressionCodecs[CompressionTypes.LZ4] = reading(async (packed) => Lz4.unpack(packed))
CompressionCodecs[CompressionTypes.Snappy] = reading(async (packed) => Snappy.unpack(packed))
