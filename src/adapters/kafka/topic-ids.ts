/**
 * The ids of topics, which Kafka gives each topic anew when it is made: a topic that was deleted and made again under its name is
 * another one, and an offset in the old one means nothing in it. kafkajs asks for metadata in a version that has none, so this
 * writes and reads Metadata 10 by itself (KIP-516, Kafka 2.8 and newer).
 *
 * Fails: with whatever went wrong; a broker that is too old to have ids gives none.
 */
import * as Client from "./client.ts"
import * as Internals from "./kafkajs-internals.ts"

const METADATA = 3
const VERSION = 10

const NO_TAGS = 0
const NO_ID = Buffer.alloc(16)

/** Lengths in flexible versions: one more than they are, in bytes of 7 bits, the lowest first. */
const varint = (value: number): Buffer => {
  const bytes: Array<number> = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

const compactString = (text: string): Buffer => Buffer.concat([varint(Buffer.byteLength(text) + 1), Buffer.from(text)])

/** The header's tags, which kafkajs's own header lacks, come first. */
const encode = (topics: ReadonlyArray<string>): Buffer =>
  Buffer.concat([
    Buffer.from([NO_TAGS]),
    varint(topics.length + 1),
    ...topics.flatMap((topic) => [NO_ID, compactString(topic), Buffer.from([NO_TAGS])]),
    // No topic is made, no rights are asked for.
    Buffer.from([0, 0, 0, NO_TAGS]),
  ])

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Passes over so many bytes, and returns them. */
  take(length: number): Buffer {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new Error("the answer to Metadata ends too early")
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.take(1)[0]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }

  /** Empty when there is none. */
  string(): string {
    return this.take(Math.max(0, this.varint() - 1)).toString()
  }

  each<A>(read: () => A): ReadonlyArray<A> {
    return Array.from({ length: Math.max(0, this.varint() - 1) }, read)
  }

  tags(): void {
    for (let count = this.varint(); count > 0; count--) {
      this.varint()
      this.take(this.varint())
    }
  }
}

const INT16 = 2
const INT32 = 4

export const decode = (payload: Buffer): ReadonlyMap<string, string> => {
  const reader = new Reader(payload)
  reader.tags()
  reader.take(INT32) // throttled for
  reader.each(() => {
    reader.take(INT32) // node
    reader.string() // host
    reader.take(INT32) // port
    reader.string() // rack
    reader.tags()
  })
  reader.string() // cluster
  reader.take(INT32) // controller
  const topics = reader.each(() => {
    reader.take(INT16) // error
    const name = reader.string()
    const id = reader.take(16)
    reader.take(1) // is it internal?
    reader.each(() => {
      reader.take(INT16 + 3 * INT32) // error, index, leader, its epoch
      for (let list = 0; list < 3; list++) reader.each(() => reader.take(INT32))
      reader.tags()
    })
    reader.take(INT32) // rights
    reader.tags()
    return [name, id] as const
  })
  return new Map(topics.flatMap(([name, id]) => (id.equals(NO_ID) ? [] : [[name, id.toString("base64url")] as const])))
}

const response: Internals.Response<ReadonlyMap<string, string>> = {
  decode: async (payload) => decode(payload),
  parse: async (decoded: ReadonlyMap<string, string>) => decoded,
}

/** As Kafka's own tools write them, by the topic's name. */
export const fetch = async (
  options: Client.Options,
  topics: ReadonlyArray<string>,
): Promise<ReadonlyMap<string, string>> => {
  const cluster = Internals.cluster({ ...Client.connection(options), retry: { retries: 0 } })
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics(topics)
    const broker = await cluster.findControllerBroker()
    if ((broker.versions[METADATA]?.maxVersion ?? 0) < VERSION) return new Map()
    return await broker.connectionPool.send(Internals.call("Metadata", METADATA, VERSION, encode(topics), response))
  } finally {
    void cluster.disconnect().catch(() => undefined)
  }
}
