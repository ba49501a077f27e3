/**
 * The parts of kafkajs that have no public name, and the one that is mended: the only file that looks behind its door.
 * kafkajs is pinned to one version; raising it means reading these again.
 *
 * - `Cluster`: connections and metadata, without kafkajs's producer, which costs too much for each message and, worse,
 *   repeats a request by itself while the first may still be on its way.
 * - The addresses of brokers are cut at every colon, so that IPv6 cannot be said: `maskBroker` hides its colons, `socketFactory`
 *   shows them again where a connection is made.
 * - The queue of each connection wakes itself every millisecond for ever, with a timeout that is negative (which Node warns
 *   of). It needs to only while requests wait in it.
 */
import { createRequire } from "node:module"
import type { ISocketFactory } from "kafkajs"

const load = createRequire(import.meta.url)

/** Public, but Node does not see these names in a CommonJS module. */
export const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, KafkaJSProtocolError } = load(
  "kafkajs",
) as typeof import("kafkajs")

export interface Call<A> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly expectResponse: () => true
    /** What kafkajs's own encoder shows of itself. */
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
  }
  /** `decode` and `parse` run one after the other. */
  readonly response: Response<A>
}

export interface Response<A> {
  readonly decode: (payload: Buffer) => Promise<unknown>
  readonly parse: (decoded: never) => Promise<A>
}

/** A request whose body was written by us. */
export const call = <A>(
  apiName: string,
  apiKey: number,
  apiVersion: number,
  body: Buffer,
  response: Response<A>,
): Call<A> => ({
  request: {
    apiKey,
    apiVersion,
    apiName,
    expectResponse: () => true,
    encode: async () => ({ buf: body, buffer: body }),
  },
  response,
})

export interface Broker {
  readonly connectionPool: {
    readonly send: <A>(call: Call<A>) => Promise<A>
  }
  /** Of each API, what it can do. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>>
}

interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** Learns who leads their partitions. */
  addMultipleTargetTopics(topics: ReadonlyArray<string>): Promise<void>
  findTopicPartitionMetadata(topic: string): ReadonlyArray<{ readonly partitionId: number; readonly leader: number }>
  findBroker(which: { readonly nodeId: string }): Promise<Broker>
  findControllerBroker(): Promise<Broker>
}

export type { Cluster }

/** No name of a host and no address has it. */
const COLON = "_"

/** `[::1]:9092` in a form that kafkajs cuts at the right place. */
export const maskBroker = (broker: string): string => {
  const [, address, port] = /^\[([^\]]+)\]:(\d+)$/.exec(broker) ?? []
  return address === undefined ? broker : `[${address.replaceAll(":", COLON)}]:${port}`
}

const connect: ISocketFactory = load("kafkajs/src/network/socketFactory")()

export const socketFactory: ISocketFactory = ({ host, ...options }) =>
  connect({ ...options, host: host.startsWith("[") ? host.slice(1, -1).replaceAll(COLON, ":") : host })

const silent = { namespace: () => silent, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Options {
  readonly brokers: ReadonlyArray<string>
  readonly clientId: string
  readonly connectionTimeout: number
  readonly requestTimeout: number
  readonly retry: { readonly retries: number }
}

export const cluster = (options: Options): Cluster => {
  const Constructor = load("kafkajs/src/cluster") as new (options: object) => Cluster
  return new Constructor({
    ...options,
    brokers: options.brokers.map(maskBroker),
    logger: silent,
    socketFactory,
    metadataMaxAge: Number.MAX_SAFE_INTEGER,
    allowAutoTopicCreation: false,
    enforceRequestTimeout: true,
  })
}

/** Reads the answer to a Produce request of version 7; fails with the first error that a partition was answered with. */
export const produceResponse: Response<unknown> = load("kafkajs/src/protocol/requests/produce/v7/response")

interface Queue {
  readonly pending: ReadonlyArray<unknown>
  scheduleCheckPendingRequests(): void
}
const queue = load("kafkajs/src/network/requestQueue").prototype as Queue
const schedule = queue.scheduleCheckPendingRequests
queue.scheduleCheckPendingRequests = function (this: Queue) {
  if (this.pending.length > 0) schedule.call(this)
}
