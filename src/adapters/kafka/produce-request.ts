/**
 * A Produce request (version 7) and the record batches in it (magic 2), written straight into one buffer.
 *
 * kafkajs can write them too, at about 14 us of processor time a message; this takes a tenth of it, and every fact passes
 * here. Neither producer ids nor sequences: no consumer may rely on the broker to drop repeats (consumers do it themselves).
 */
import { crc32c } from "./crc32c.ts"

export interface Message {
  /** Empty: none. */
  readonly key: string
  readonly value: string
  /** As `headers` wrote them. */
  readonly headers: Uint8Array
  /** Upper bound of what it takes in a batch. */
  readonly bytes: number
}

/** What goes to one broker: the messages of each partition of each topic, in order. */
export type Records = ReadonlyMap<string, ReadonlyMap<number, ReadonlyArray<Message>>>

/** Wait for all replicas that are in sync. */
const ACKS_ALL = -1

/** From its first offset to its number of records. */
const BATCH_HEADER_BYTES = 61
/** Length, attributes, time, offset, lengths of key and value: at most this. */
const RECORD_OVERHEAD_BYTES = 32
/** Transaction, acks, timeout, number of topics; number of partitions and name of a topic; index and length of a partition. */
const REQUEST_OVERHEAD_BYTES = 16
const TOPIC_OVERHEAD_BYTES = 6
const PARTITION_OVERHEAD_BYTES = 8 + BATCH_HEADER_BYTES

/** Numbers in records are zigzag varints; none here is negative but the length of a key that is not there. */
const writeVarint = (buffer: Buffer, at: number, value: number): number => {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

const sizeOfVarint = (value: number): number => {
  const zigzag = value < 0 ? -value * 2 - 1 : value * 2
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5
}

/** A message's headers as they stand at the end of its record; the same ones are written once. */
export const headers = (entries: Readonly<Record<string, string>>): Uint8Array => {
  const pairs = Object.entries(entries)
  const texts = pairs.flat()
  const buffer = Buffer.alloc(5 + texts.reduce((bytes, text) => bytes + 5 + Buffer.byteLength(text), 0))
  let at = writeVarint(buffer, 0, pairs.length)
  for (const text of texts) {
    at = writeVarint(buffer, at, Buffer.byteLength(text))
    at += buffer.write(text, at)
  }
  return buffer.subarray(0, at)
}

/** What a message takes in a batch, at most. */
export const bound = (key: string, value: string, encodedHeaders: Uint8Array): number =>
  RECORD_OVERHEAD_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value) + encodedHeaders.length

/** Returns where it ends. */
const writeRecord = (buffer: Buffer, start: number, { headers, key, value }: Message, offset: number): number => {
  const keyBytes = key === "" ? -1 : Buffer.byteLength(key)
  const valueBytes = Buffer.byteLength(value)
  const length =
    2 +
    sizeOfVarint(offset) +
    sizeOfVarint(keyBytes) +
    Math.max(keyBytes, 0) +
    sizeOfVarint(valueBytes) +
    valueBytes +
    headers.length
  let at = writeVarint(buffer, start, length)
  buffer[at++] = 0 // attributes
  buffer[at++] = 0 // time since the batch's
  at = writeVarint(buffer, at, offset)
  at = writeVarint(buffer, at, keyBytes)
  at += buffer.write(key, at)
  at = writeVarint(buffer, at, valueBytes)
  at += buffer.write(value, at)
  buffer.set(headers, at)
  return at + headers.length
}

/** Returns where it ends. */
const writeBatch = (buffer: Buffer, start: number, messages: ReadonlyArray<Message>, now: number): number => {
  let end = start + BATCH_HEADER_BYTES
  for (let index = 0; index < messages.length; index++) end = writeRecord(buffer, end, messages[index]!, index)
  buffer.writeBigInt64BE(0n, start) // first offset
  buffer.writeInt32BE(end - start - 12, start + 8)
  buffer.writeInt32BE(-1, start + 12) // leader's epoch
  buffer[start + 16] = 2 // magic
  buffer.writeInt16BE(0, start + 21) // attributes: not compressed, no transaction
  buffer.writeInt32BE(messages.length - 1, start + 23)
  buffer.writeBigInt64BE(BigInt(now), start + 27)
  buffer.writeBigInt64BE(BigInt(now), start + 35)
  buffer.writeBigInt64BE(-1n, start + 43) // producer
  buffer.writeInt16BE(-1, start + 51) // its epoch
  buffer.writeInt32BE(-1, start + 53) // its sequence
  buffer.writeInt32BE(messages.length, start + 57)
  buffer.writeUInt32BE(crc32c(buffer, start + 21, end), start + 17)
  return end
}

const sizeOf = (records: Records): number => {
  let bytes = REQUEST_OVERHEAD_BYTES
  for (const [topic, partitions] of records) {
    bytes += TOPIC_OVERHEAD_BYTES + Buffer.byteLength(topic)
    for (const messages of partitions.values()) {
      bytes += PARTITION_OVERHEAD_BYTES
      for (const { bytes: each } of messages) bytes += each
    }
  }
  return bytes
}

/** `timeoutMs`: how long the broker waits for its replicas. */
export const encode = (records: Records, timeoutMs: number, now: number): Buffer => {
  const buffer = Buffer.allocUnsafe(sizeOf(records))
  let at = buffer.writeInt16BE(-1, 0) // no transaction
  at = buffer.writeInt16BE(ACKS_ALL, at)
  at = buffer.writeInt32BE(timeoutMs, at)
  at = buffer.writeInt32BE(records.size, at)
  for (const [topic, partitions] of records) {
    at = buffer.writeInt16BE(Buffer.byteLength(topic), at)
    at += buffer.write(topic, at)
    at = buffer.writeInt32BE(partitions.size, at)
    for (const [partition, messages] of partitions) {
      at = buffer.writeInt32BE(partition, at)
      const end = writeBatch(buffer, at + 4, messages, now)
      buffer.writeInt32BE(end - at - 4, at)
      at = end
    }
  }
  return buffer.subarray(0, at)
}
