/**
 * Placement: which worker owns what, and orders whose products lie on several of them.
 *
 * An order within one worker is one decision. Otherwise each other worker first holds its lines tentatively, one after
 * another in a fixed order (so that buyers of the same products cannot refuse each other in a circle), and the home
 * worker, last, accepts: one commit that turns exactly these holds into the order's, or nothing. Whatever happens to us in
 * between, tentative holds lapse by themselves.
 *
 * Law: all or nothing for the customer; a refusal is answered after its siblings' holds are released.
 */
import { Clock, Effect, Schedule } from "effect"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import type { Ending } from "../../domain/order.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Answer, Command, HeldLine, Refused } from "../../ports/inventory.ts"
import type { OwnedLane } from "../../ports/ledger.ts"
import type { OrderReply, Worker } from "../../ports/workers.ts"
import { laneOf } from "./commands.ts"
import { TENTATIVE_MS } from "./limits.ts"

type PlaceOrder = Extract<Command, { readonly _tag: "PlaceOrder" }>
type Outcome = Effect.Effect<Answer, Refused | Unavailable>

/** Lanes go round the workers like cards. */
export const deal = (lanes: ReadonlyArray<OwnedLane>, workers: number): ReadonlyArray<ReadonlyArray<OwnedLane>> =>
  Array.from({ length: workers }, (_, worker) => lanes.filter(({ lane }) => lane % workers === worker))

/** For the lines of an order that lie `there`. */
const holdOf = (command: PlaceOrder, there: (id: ProductId) => boolean, lapsesAt: number): Command => {
  const { claim, customerId, orderId } = command
  const lines = command.lines.map((line, lineNo) => ({ ...line, lineNo })).filter(({ productId }) => there(productId))
  return { _tag: "HoldTentatively", orderId, customerId, lines, lapsesAt, claim }
}

export interface Placement {
  readonly submit: (command: Command) => Outcome
  /** Ends an order's holds on the other workers, after the order has ended; tried a few times, then left to the sweep. */
  readonly finish: (orderId: OrderId, elsewhere: ReadonlyArray<ProductId>, ending: Ending) => Effect.Effect<void>
}

/** Once handed over, a command goes its way, whoever hangs up. */
const ask = (worker: Worker, command: Command): Outcome =>
  Effect.callback<Answer, Refused | Unavailable>((resume) => worker.submit(command, resume))

export const make = (workers: ReadonlyArray<Worker>): Placement => {
  const indexOf = (lane: Lane.Lane): number => lane % workers.length
  const ownerOf = (lane: Lane.Lane): Worker => workers[indexOf(lane)]!

  const endHolds = (orderId: OrderId, lanes: ReadonlyArray<Lane.Lane>, ending: Ending | "drop") => {
    const addressed = new Map(lanes.map((lane) => [indexOf(lane), lane]))
    return Effect.forEach(
      addressed.values(),
      (lane) =>
        ask(ownerOf(lane), { _tag: "EndHolds", orderId, lane, ending }).pipe(
          Effect.retry({ times: 5, schedule: Schedule.spaced("50 millis") }),
          Effect.ignore,
        ),
      { concurrency: "unbounded", discard: true },
    )
  }

  /** The lanes that are asked to hold something are added to `asked`, whatever they answer. */
  const holdAndPlace = Effect.fnUntraced(function* (
    command: PlaceOrder,
    others: ReadonlyArray<number>,
    asked: Array<Lane.Lane>,
  ) {
    const lapsesAt = (yield* Clock.currentTimeMillis) + TENTATIVE_MS
    const held: Array<HeldLine> = []
    for (const worker of others) {
      const hold = holdOf(command, (id) => indexOf(Lane.of(id)) === worker, lapsesAt)
      asked.push(laneOf(hold))
      const answer = yield* ask(workers[worker]!, hold)
      if (answer.replayed) return answer
      if (answer.reply._tag === "Held") held.push(...answer.reply.lines)
    }
    return yield* ask(ownerOf(laneOf(command)), { ...command, held })
  })

  const placeAcross = Effect.fnUntraced(function* (command: PlaceOrder, others: ReadonlyArray<number>) {
    const asked: Array<Lane.Lane> = []
    const dropAll = Effect.suspend(() => endHolds(command.orderId, asked, "drop"))
    return yield* holdAndPlace(command, others, asked).pipe(
      Effect.tap((answer) => (answer.replayed ? dropAll : Effect.void)),
      Effect.tapError(() => dropAll),
    )
  })

  const finish: Placement["finish"] = (orderId, elsewhere, ending) =>
    endHolds(
      orderId,
      elsewhere.map((productId) => Lane.of(productId)),
      ending,
    )

  const finishReply = ({ order, elsewhere, ending }: OrderReply): Effect.Effect<void> =>
    ending === null ? Effect.void : finish(order.id, elsewhere, ending)

  const submit = (command: Command): Outcome => {
    if (workers.length === 1) return ask(workers[0]!, command)
    const home = indexOf(laneOf(command))
    if (command._tag === "PlaceOrder") {
      const others = new Set(command.lines.map(({ productId }) => indexOf(Lane.of(productId))))
      others.delete(home)
      // Not to be interrupted half-way: holds that were taken are given back by whoever took them.
      if (others.size > 0)
        return Effect.uninterruptible(
          placeAcross(
            command,
            [...others].sort((a, b) => a - b),
          ),
        )
    }
    return ask(workers[home]!, command).pipe(
      Effect.tap(({ reply, replayed }) => (reply._tag === "Order" && !replayed ? finishReply(reply) : Effect.void)),
    )
  }

  return { submit, finish }
}
