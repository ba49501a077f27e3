/**
 * The witness of the owners: stands around them, sees what each is handed, what it sends to the ledger, what it drops, and whom it leaves
 * without an answer.
 *
 * Why it exists: a caller that has hung up is answered nothing, so the history of the callers cannot show what became of its order.
 * Law: what is answered as undecided is not in the books, now or later, and what is dropped is counted; an order whose caller has hung
 * up before it was sent is not sent. One whose caller hangs up after is answered with what became of it, as if it were waited for. An
 * owner that has ended has answered all that it was handed.
 */
import { Context, Effect, Exit, Layer } from "effect"
import type { Tables } from "../../src/adapters/memory/store.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import type { Unavailable } from "../../src/ports/failures.ts"
import type { Ids } from "../../src/ports/ids.ts"
import { type Command, claimName } from "../../src/ports/inventory.ts"
import { type Batch, Ledger } from "../../src/ports/ledger.ts"
import { Probe } from "../../src/ports/probe.ts"
import { type Answering, type Worker, Workers } from "../../src/ports/workers.ts"
import type { Journal } from "./journal.ts"

const COUNTED = "what is dropped is counted"
const UNSENT = "what is hung up on is not sent"
const UNPLACED = "I3 what is undecided is not placed"
const CLOSED = "an owner leaves no caller behind"

/** What a crew works with. */
type Owning = Ids | Ledger | Probe

/** Asked of each answer that a caller waits for (`crowd.ts`). */
export const WAITED = "who waits is not dropped"

export const DROPPED = [COUNTED, UNSENT, UNPLACED, WAITED, CLOSED] as const

/** Dropped for certain, by the answer: no caller waits for it, and nothing was decided. */
const isDropped = (exit: Parameters<Answering>[0]): boolean =>
  isUndecided(exit) && unavailableOf(exit)?.reason === "deadline-passed"

const isUndecided = (exit: Parameters<Answering>[0]): boolean => unavailableOf(exit)?.fate === "undecided"

const unavailableOf = (exit: Parameters<Answering>[0]): Unavailable | null => {
  if (Exit.isSuccess(exit)) return null
  const reason = exit.cause.reasons.find(({ _tag }) => _tag === "Fail")
  const error = reason?._tag === "Fail" ? reason.error : null
  return error?._tag === "Unavailable" ? error : null
}

/** Where an order stands that was handed to an owner. */
interface Handed {
  readonly orderId: OrderId
  readonly claim: string
  isSent: boolean
  isAbandoned: boolean
}

export class HungUp {
  readonly #journal: Journal
  readonly #store: Tables
  readonly #undecided = new Set<OrderId>()

  constructor(journal: Journal, store: Tables) {
    this.#journal = journal
    this.#store = store
  }

  /** The crew that this layer makes, under watch. */
  watched(crew: Layer.Layer<Workers, never, Owning>): Layer.Layer<Workers, never, Owning> {
    return Layer.effect(
      Workers,
      Effect.gen({ self: this }, function* () {
        const probe = yield* Probe
        const ledger = yield* Ledger
        const watch = new Watch(this.#journal, this.#store, this.#undecided)
        const outside = Layer.mergeAll(
          Layer.succeed(Ledger, {
            ...ledger,
            commit: (batch) =>
              Effect.suspend(() => {
                watch.sends(batch)
                return ledger.commit(batch)
              }),
          }),
          Layer.succeed(Probe, {
            emit: (happening) => {
              if (happening._tag === "WorkDropped") watch.counted++
              probe.emit(happening)
            },
          }),
        )
        const workers = Context.get(yield* Layer.build(Layer.provide(crew, outside)), Workers)
        return Workers.of({
          start: Effect.fnUntraced(function* (assignments, listening) {
            // Before the crew, so that it is asked once the crew has ended.
            yield* Effect.addFinalizer(() => Effect.sync(() => watch.ended()))
            const started = yield* workers.start(assignments, listening)
            return { ...started, workers: started.workers.map(watch.around) }
          }),
        })
      }),
    )
  }

  /** Once nothing is under way. */
  settled(): ReadonlyArray<string> {
    return [...this.#undecided].filter((id) => this.#store.orders.has(id)).map((id) => `${UNPLACED}: order ${id}`)
  }
}

/** Of the owners of one thread. */
class Watch {
  /** As the probe was notified. */
  counted = 0
  #seen = 0
  readonly #handed = new Map<OrderId, Handed>()
  /** Commands that are not answered yet, by their callers. */
  readonly #open = new Map<Answering, Command>()
  readonly #journal: Journal
  readonly #store: Tables
  readonly #undecided: Set<OrderId>

  constructor(journal: Journal, store: Tables, undecided: Set<OrderId>) {
    this.#journal = journal
    this.#store = store
    this.#undecided = undecided
  }

  sends({ orders }: Batch): void {
    for (const { id } of orders) {
      const handed = this.#handed.get(id)
      if (handed === undefined) continue
      // One that may have been committed is asked for again, whether its caller waits or not.
      if (handed.isAbandoned && !handed.isSent) this.#journal.violated([`${UNSENT}: order ${id}`])
      handed.isSent = true
    }
  }

  /** Its scope has closed. */
  ended(): void {
    this.#journal.violated([...this.#open.values()].map(({ _tag }) => `${CLOSED}: ${_tag} is never answered`))
    this.#open.clear()
  }

  readonly around = (worker: Worker): Worker => ({
    watch: worker.watch,
    abandon: (claim) => {
      // One command of a claim at a time is under way; others stand behind it.
      const first = [...this.#handed.values()].find((handed) => handed.claim === claim)
      if (first !== undefined) first.isAbandoned = true
      worker.abandon(claim)
    },
    submit: (command, answer) => {
      const handed =
        command._tag === "PlaceOrder" && command.claim !== null
          ? { orderId: command.orderId, claim: claimName(command.claim), isSent: false, isAbandoned: false }
          : null
      if (handed !== null) this.#handed.set(handed.orderId, handed)
      this.#open.set(answer, command)
      worker.submit(command, (exit) => {
        this.#open.delete(answer)
        if (handed !== null) this.#handed.delete(handed.orderId)
        this.#answered(handed, exit)
        answer(exit)
      })
    },
  })

  #answered(handed: Handed | null, exit: Parameters<Answering>[0]): void {
    if (unavailableOf(exit)?.reason === "deadline-passed" && ++this.#seen !== this.counted) {
      this.#journal.violated([`${COUNTED}: ${this.#seen} were dropped, ${this.counted} counted`])
      this.#seen = this.counted
    }
    if (handed === null) return
    if (isUndecided(exit)) this.#undecided.add(handed.orderId)
    if (!handed.isAbandoned) return
    if (isDropped(exit)) this.#journal.moment("a caller hung up before its turn: dropped")
    else if (Exit.isSuccess(exit) && this.#store.orders.has(handed.orderId))
      this.#journal.moment("a caller hung up after its order was sent: recorded")
  }
}
