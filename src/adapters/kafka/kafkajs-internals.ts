/**
 * The parts of kafkajs that have no public name, and the one that is mended: the only file that looks behind its door.
 * kafkajs is pinned to one version; whoever raises it reads these again.
 *
 * - `Cluster`: connections and metadata, without kafkajs's producer, which costs too much for each message and, worse,
 *   repeats a request by itself while the first may still be on its way.
 * - The queue of each connection wakes itself every millisecond for ever, with a timeout that is negative (which Node warns
 *   of). It needs to only while requests wait in it.
 */
import { createRequire } from "node:module"

const load = createRequire(import.meta.url)

export interface ProduceCall {
  readonly request: {
    readonly apiKey: 0
    readonly apiVersion: 7
    readonly apiName: "Produce"
    readonly expectResponse: () => true
    /** What kafkajs's own encoder shows of itself. */
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
  }
  readonly response: unknown
}

export interface Broker {
  readonly connectionPool: {
    /** Fails with the first error that a partition was answered with. */
    readonly send: (call: ProduceCall) => Promise<unknown>
  }
}

interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** Learns who leads their partitions. */
  addMultipleTargetTopics(topics: ReadonlyArray<string>): Promise<void>
  findTopicPartitionMetadata(topic: string): ReadonlyArray<{ readonly partitionId: number; readonly leader: number }>
  findBroker(which: { readonly nodeId: string }): Promise<Broker>
}

export type { Cluster }

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
    logger: silent,
    socketFactory: load("kafkajs/src/network/socketFactory")(),
    metadataMaxAge: Number.MAX_SAFE_INTEGER,
    allowAutoTopicCreation: false,
    enforceRequestTimeout: true,
  })
}

/** Reads the answer to a Produce request of version 7. */
export const produceResponse: unknown = load("kafkajs/src/protocol/requests/produce/v7/response")

interface Queue {
  readonly pending: ReadonlyArray<unknown>
  scheduleCheckPendingRequests(): void
}
const queue = load("kafkajs/src/network/requestQueue").prototype as Queue
const schedule = queue.scheduleCheckPendingRequests
queue.scheduleCheckPendingRequests = function (this: Queue) {
  if (this.pending.length > 0) schedule.call(this)
}
