/**
 * Placement: which worker owns what, and orders whose products lie on several of them.
 *
 * An order within one worker is one decision. Otherwise all of its workers are asked first, at once, whether they could hold their
 * lines: what one of them refuses is refused without a trace. Then each other worker holds its lines tentatively, one after
 * another in a fixed order (so that buyers of the same products cannot refuse each other in a circle), and the home
 * worker, last, accepts: one commit that turns exactly these holds into the order's, or nothing. Whatever happens to us in
 * between, tentative holds lapse by themselves.
 *
 * Law: all or nothing for the customer; a refusal is answered after its siblings' holds are released, a cancellation after
 * all of its holds have ended.
 * Fails: `Unavailable` of unknown fate when a cancelled order's holds cannot be ended in time; it is to be repeated.
 */
import { Clock, Effect, Exit, Fiber, Schedule } from "effect"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import * as Money from "../../domain/money.ts"
import type { Ending } from "../../domain/order.ts"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import { type Answer, type Command, type HeldLine, Refused } from "../../ports/inventory.ts"
import type { OwnedLane } from "../../ports/ledger.ts"
import type { Worker } from "../../ports/workers.ts"
import { laneOf } from "./commands.ts"
import { COMMAND_PATIENCE_MS, TENTATIVE_MS, VOLLEY_AT_ONCE } from "./limits.ts"
import type { Answers, OfProduct } from "./volley.ts"

type PlaceOrder = Extract<Command, { readonly _tag: "PlaceOrder" }>
/** A command that was submitted. */
type Submitted = Effect.Effect<Answer, Refused | Unavailable>

/** Lanes go round the workers like cards. */
export const deal = (lanes: ReadonlyArray<OwnedLane>, workers: number): ReadonlyArray<ReadonlyArray<OwnedLane>> =>
  Array.from({ length: workers }, (_, worker) => lanes.filter(({ lane }) => lane % workers === worker))

/** The lines of an order that lie `there`. */
const checkOf = ({ claim, customerId, trace, ...order }: PlaceOrder, there: (id: ProductId) => boolean): Command => {
  const lines = order.lines.filter(({ productId }) => there(productId))
  return { _tag: "CheckLines", orderId: order.orderId, customerId, lines, claim, trace }
}

/** For the lines of an order that lie `there`. */
const holdOf = (command: PlaceOrder, there: (id: ProductId) => boolean, lapsesAt: number): Command => {
  const { answerBy, claim, customerId, orderId, trace } = command
  const lines = command.lines.map((line, lineNo) => ({ ...line, lineNo })).filter(({ productId }) => there(productId))
  return { _tag: "HoldTentatively", orderId, customerId, lines, lapsesAt, claim, answerBy, trace }
}

/** What cannot be ended on another worker now is left to the sweep, except for a cancellation. */
const FINISH_RETRY = { times: 5, schedule: Schedule.spaced("50 millis") }

/** How long a cancellation waits for the workers that hold its units (ms): longer than a lost one is away. */
export const CANCEL_PATIENCE_MS = 5_000

/** Lanes that are handed over are no longer asked. */
const CANCEL_RETRY = {
  schedule: Schedule.spaced("50 millis"),
  while: ({ reason }: Unavailable) => reason !== "stale-owner" && reason !== "draining",
}

/**
 * Several commands one after another have one deadline together; what is not done by then goes on without its caller. In fibers
 * of their own, since a request with a key cannot be interrupted.
 */
const inTime = Effect.fnUntraced(function* (submitted: Submitted) {
  const placing = yield* Effect.forkDetach(submitted, { startImmediately: true })
  const answer = Effect.timeoutOrElse(Fiber.join(placing), {
    duration: COMMAND_PATIENCE_MS,
    orElse: () => Effect.fail(unavailable("database", "unknown")),
  })
  return yield* Fiber.join(yield* Effect.forkDetach(Effect.interruptible(answer), { startImmediately: true }))
})

export class Placement {
  readonly #workers: ReadonlyArray<Worker>
  #underWay = 0

  constructor(workers: ReadonlyArray<Worker>) {
    this.#workers = workers
  }

  /** Commands that were handed over to workers and are not answered yet. */
  get underWay(): number {
    return this.#underWay
  }

  readonly watch: Worker["watch"] = (productId, isWatched) =>
    this.#workers[this.#indexOf(Lane.of(productId))]!.watch(productId, isWatched)

  /** It may be under way on several workers, as one order over all of them. */
  readonly abandon: Worker["abandon"] = (claim) => {
    for (const worker of this.#workers) worker.abandon(claim)
  }

  submit(command: Command): Submitted {
    if (this.#workers.length === 1) return this.#ask(0, command)
    const home = this.#indexOf(laneOf(command))
    if (command._tag === "PlaceOrder") {
      const others = this.#siblingsOf(command, home)
      // Not to be interrupted half-way: holds that were taken are given back by the attempt that took them.
      if (others.length > 0) return inTime(Effect.uninterruptible(this.#placeAcross(command, others)))
    }
    const asked = this.#ask(home, command)
    if (command._tag === "CancelOrder") return Effect.tap(asked, (answer) => this.#endCancelled(answer))
    return Effect.tap(asked, ({ reply, replayed }) =>
      reply._tag === "Order" && reply.ending !== null && !replayed
        ? this.finish(reply.order.id, reply.elsewhere, reply.ending)
        : Effect.void,
    )
  }

  /**
   * A cancellation is answered when no worker counts its units any more, so that every reading after it shows them as free.
   * Also one that is repeated: the first may have been given up half-way.
   */
  #endCancelled({ reply }: Answer): Effect.Effect<void, Unavailable> {
    if (reply._tag !== "Order" || reply.order.status !== "cancelled") return Effect.void
    const home = this.#indexOf(Lane.of(reply.order.id))
    const lanes = reply.order.lines.map(({ productId }) => Lane.of(productId))
    const elsewhere = lanes.filter((lane) => this.#indexOf(lane) !== home)
    if (elsewhere.length === 0) return Effect.void
    return this.#endEach(reply.order.id, elsewhere, "restock", CANCEL_RETRY).pipe(
      Effect.timeoutOrElse({
        duration: CANCEL_PATIENCE_MS,
        orElse: () => Effect.fail(unavailable("worker-lost", "unknown")),
      }),
      Effect.mapError(({ reason, retryAfterSeconds }) => unavailable(reason, "unknown", retryAfterSeconds)),
    )
  }

  /** See `volley.ts`. Each lies with one worker, and ends nothing elsewhere. Interrupted, it hands no more of them over. */
  volley(commands: ReadonlyArray<OfProduct>): Effect.Effect<Answers> {
    return Effect.callback<Answers>((resume) => {
      const answers = new Array<Answer | null>(commands.length).fill(null)
      let next = 0
      let answered = 0
      let isHandingOver = false
      const ended = (index: number, exit: Exit.Exit<Answer, unknown>): void => {
        this.#underWay--
        if (Exit.isSuccess(exit)) answers[index] = exit.value
        if (++answered === commands.length) resume(Effect.succeed(answers))
        else handOver()
      }
      const handOver = (): void => {
        // One that is answered at once is followed by the loop that has handed it over.
        if (isHandingOver) return
        isHandingOver = true
        while (next < commands.length && next - answered < VOLLEY_AT_ONCE) {
          const index = next++
          const command = commands[index]!
          this.#underWay++
          this.#workers[this.#indexOf(laneOf(command))]!.submit(command, (exit) => ended(index, exit))
        }
        isHandingOver = false
      }
      handOver()
      return Effect.sync(() => {
        next = commands.length
      })
    })
  }

  /** Ends an order's holds on the other workers, after the order has ended; tried a few times, then left to the sweep. */
  finish(orderId: OrderId, elsewhere: ReadonlyArray<ProductId>, ending: Ending): Effect.Effect<void> {
    return this.#endHolds(
      orderId,
      elsewhere.map((productId) => Lane.of(productId)),
      ending,
    )
  }

  #indexOf(lane: Lane.Lane): number {
    return lane % this.#workers.length
  }

  /** Workers beside its home that own products of this order, in their fixed order. */
  #siblingsOf(command: PlaceOrder, home: number): ReadonlyArray<number> {
    const all = new Set(command.lines.map(({ productId }) => this.#indexOf(Lane.of(productId))))
    all.delete(home)
    return [...all].sort((a, b) => a - b)
  }

  /** A command that was handed over is carried to its end, also when its caller hangs up. */
  #ask(worker: number, command: Command): Submitted {
    return Effect.callback<Answer, Refused | Unavailable>((resume) => {
      this.#underWay++
      this.#workers[worker]!.submit(command, (exit) => {
        this.#underWay--
        resume(exit)
      })
    })
  }

  #endHolds(orderId: OrderId, lanes: ReadonlyArray<Lane.Lane>, ending: Ending | "drop"): Effect.Effect<void> {
    return Effect.ignore(this.#endEach(orderId, lanes, ending, FINISH_RETRY))
  }

  /** On every worker that owns one of these lanes; all are asked, also when one of them fails. */
  #endEach(
    orderId: OrderId,
    lanes: ReadonlyArray<Lane.Lane>,
    ending: Ending | "drop",
    again: Effect.Retry.Options<Unavailable>,
  ): Effect.Effect<void, Unavailable> {
    const addressed = new Map(lanes.map((lane) => [this.#indexOf(lane), lane]))
    const ends = Effect.forEach(
      addressed,
      ([worker, lane]) => {
        const ended = this.#ask(worker, { _tag: "EndHolds", orderId, lane, ending }).pipe(
          Effect.catchTag("Refused", ({ rejection }) => Effect.die(new Error(`EndHolds: ${rejection._tag}`))),
        )
        return Effect.exit(Effect.retry(ended, again))
      },
      { concurrency: "unbounded" },
    )
    return Effect.flatMap(ends, (exits) => Effect.asVoid(Exit.asVoidAll(exits)))
  }

  #placeAcross(command: PlaceOrder, others: ReadonlyArray<number>): Submitted {
    const asked: Array<Lane.Lane> = []
    const dropAll = Effect.suspend(() => this.#endHolds(command.orderId, asked, "drop"))
    const held = this.#holdAndPlace(command, others, asked).pipe(
      Effect.tap((answer) => (answer.replayed ? dropAll : Effect.void)),
      Effect.tapError(() => dropAll),
    )
    return Effect.flatMap(this.#check(command, others), (replayed) =>
      replayed === null ? held : Effect.succeed(replayed),
    )
  }

  /** Null: every worker could, and together they make an order. Refused as the first in their order would. */
  readonly #check = Effect.fnUntraced({ self: this }, function* (command: PlaceOrder, others: ReadonlyArray<number>) {
    const workers = [...others, this.#indexOf(laneOf(command))]
    const exits = yield* Effect.forEach(
      workers,
      (worker) =>
        Effect.exit(
          this.#ask(
            worker,
            checkOf(command, (id) => this.#indexOf(Lane.of(id)) === worker),
          ),
        ),
      { concurrency: "unbounded" },
    )
    const lines: Array<HeldLine> = []
    for (const exit of exits) {
      const answer = yield* exit
      if (answer.replayed) return answer
      if (answer.reply._tag === "Held") lines.push(...answer.reply.lines)
    }
    const total = Money.total(lines)
    return "_tag" in total ? yield* Effect.fail(new Refused(total)) : null
  })

  /** The lanes that are asked to hold something are added to `asked`, whatever they answer. */
  readonly #holdAndPlace = Effect.fnUntraced(
    { self: this },
    function* (command: PlaceOrder, others: ReadonlyArray<number>, asked: Array<Lane.Lane>) {
      const lapsesAt = (yield* Clock.currentTimeMillis) + TENTATIVE_MS
      const held: Array<HeldLine> = []
      for (const worker of others) {
        const hold = holdOf(command, (id) => this.#indexOf(Lane.of(id)) === worker, lapsesAt)
        asked.push(laneOf(hold))
        const answer = yield* this.#ask(worker, hold)
        if (answer.replayed) return answer
        if (answer.reply._tag === "Held") held.push(...answer.reply.lines)
      }
      return yield* this.#ask(this.#indexOf(laneOf(command)), { ...command, held })
    },
  )
}
