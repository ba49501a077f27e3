/** What crosses the boundary between the main thread and the facts thread. */
import type { Happening } from "../../../ports/probe.ts"

/** What the facts thread is given when it starts: plain data, because it crosses threads. */
export interface FactsSettings {
  readonly databaseUrl: string
  /** To the database, at most. */
  readonly connections: number
  /** How long a fact that has left stays in the outbox, at least, hours. */
  readonly outboxRetentionHours: number
  /** Hours; 0: for ever. */
  readonly idempotencyRetentionHours: number
  /** Hours; 0: for ever. */
  readonly timelineRetentionHours: number
  readonly audit: "on" | "off"
  /** Null: no broker, events are handed to the consumers in that thread. */
  readonly kafka: {
    readonly brokers: ReadonlyArray<string>
    readonly prefix: string
    readonly partitions: number
    readonly replication: number
  } | null
  /** How long after its payment an order's shipment falls due (milliseconds). */
  readonly shippingAfterMs: number
}

export type ToFacts =
  /** Something was committed. */
  { readonly _tag: "Wake" } | { readonly _tag: "Drain" }

/** All of one event-loop turn. */
export type FromFacts = ReadonlyArray<Happening>
