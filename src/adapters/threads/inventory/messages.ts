/**
 * What crosses the boundary between the main thread and a worker: plain data, many at a time. All commands of one
 * event-loop turn travel in one message, all completions of one commit in another.
 */
import { Cause, Exit } from "effect"
import type { ProductId } from "../../../domain/ids.ts"
import { type Fate, type Unavailable, type UnavailableReason, unavailable } from "../../../ports/failures.ts"
import { type Answer, type Command, Refused, type Rejection } from "../../../ports/inventory.ts"
import type { OwnedLane } from "../../../ports/ledger.ts"
import type { Slots } from "../../../ports/position.ts"
import type { Happening } from "../../../ports/probe.ts"
import type { CommittedStock, OrderReply } from "../../../ports/workers.ts"

/** What a worker is given at its start. */
export interface Birth {
  readonly worker: number
  readonly databaseUrl: string
  /** To the database, at most. */
  readonly connections: number
  /** Unpaid holds of a product that one customer may have; 0: any number. */
  readonly holdsPerCustomer: number
  /** Decisions of a batch, at most. */
  readonly batchSizeMax: number
  /** Where it notes how far the log has come; null: nowhere. */
  readonly positions: Slots | null
}

export interface Envelope {
  readonly id: number
  readonly command: Command
}

export type ToWorker =
  /** The first message, once it is time: until then a thread is a spare. */
  | { readonly _tag: "Begin"; readonly lanes: ReadonlyArray<OwnedLane> }
  | { readonly _tag: "Commands"; readonly commands: ReadonlyArray<Envelope> }
  | { readonly _tag: "Abandoned"; readonly claim: string }
  | { readonly _tag: "Watch"; readonly productIds: ReadonlyArray<ProductId>; readonly isWatched: boolean }
  | { readonly _tag: "Drain" }

/** An exit as plain data. */
export type PlainExit<A> =
  | { readonly _tag: "Answered"; readonly answer: A }
  | { readonly _tag: "Refused"; readonly rejection: Rejection }
  | {
      readonly _tag: "Unavailable"
      readonly reason: UnavailableReason
      readonly fate: Fate
      readonly retryAfterSeconds: number
    }
  | { readonly _tag: "Defect"; readonly message: string }

/** How the command of that id ended. */
export interface Completion {
  readonly id: number
  readonly exit: PlainExit<Answer>
}

export type FromWorker =
  | { readonly _tag: "Ready" }
  | {
      readonly _tag: "Completions"
      readonly completions: ReadonlyArray<Completion>
      readonly happenings: ReadonlyArray<Happening>
    }
  /** An order ended by time and has holds on other workers. */
  | { readonly _tag: "Ended"; readonly reply: OrderReply }
  | { readonly _tag: "Fenced" }
  /** Of products that are watched. */
  | { readonly _tag: "Stock"; readonly stocks: ReadonlyArray<CommittedStock> }

export const toPlain = <A>(exit: Exit.Exit<A, Refused | Unavailable>): PlainExit<A> => {
  if (Exit.isSuccess(exit)) return { _tag: "Answered", answer: exit.value }
  const error = Cause.squash(exit.cause)
  if (error instanceof Refused) return { _tag: "Refused", rejection: error.rejection }
  const failed = Cause.findErrorOption(exit.cause)
  if (failed._tag === "Some" && failed.value._tag === "Unavailable") {
    const { fate, reason, retryAfterSeconds } = failed.value
    return { _tag: "Unavailable", reason, fate, retryAfterSeconds }
  }
  return { _tag: "Defect", message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

export const fromPlain = <A>(exit: PlainExit<A>): Exit.Exit<A, Refused | Unavailable> => {
  switch (exit._tag) {
    case "Answered":
      return Exit.succeed(exit.answer)
    case "Refused":
      return Exit.fail(new Refused(exit.rejection))
    case "Unavailable":
      return Exit.fail(unavailable(exit.reason, exit.fate, exit.retryAfterSeconds))
    case "Defect":
      return Exit.die(new Error(exit.message))
  }
}
