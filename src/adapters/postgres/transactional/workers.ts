/**
 * One worker for all lanes that owns nothing: each command goes to the inventory of one transaction a command. So the
 * lease, the readiness and the drain are those of the service as it is.
 *
 * Law: closing the scope waits for what was begun. Holds end on time: what is due is looked for twice a second.
 */
import { Clock, Context, Effect, FiberSet, Layer, Schedule, Scope } from "effect"
import type { ProductId } from "../../../domain/ids.ts"
import * as Lane from "../../../domain/lane.ts"
import type { Stock } from "../../../domain/stock.ts"
import { type Command, Inventory } from "../../../ports/inventory.ts"
import { Ledger, nothingWanted } from "../../../ports/ledger.ts"
import { Probe } from "../../../ports/probe.ts"
import { type Listening, Workers } from "../../../ports/workers.ts"

/** How late a hold may end. */
const LOOK = Schedule.spaced("500 millis")

/** Ended at a look; more wait for the next, which comes at once. */
const DUE_MAX = 1_000

/** No memory knows what becomes due late, so every look is for all of it. */
const FROM_THE_BEGINNING = Number.NEGATIVE_INFINITY

const LANES = Array.from({ length: Lane.COUNT }, (_, lane) => lane)

/** Ends whatever is due, until there is no more. */
const endDue = Effect.gen(function* () {
  const inventory = yield* Inventory
  const ledger = yield* Ledger
  const probe = yield* Probe
  const end = (command: Command) =>
    inventory.submit(command).pipe(
      Effect.tap(({ reply }) =>
        Effect.sync(() => {
          if (command._tag === "ExpireOrder" && reply._tag === "Order" && reply.order.status === "expired")
            probe.emit({ _tag: "OrderEnded", outcome: "expired", heldSince: reply.order.createdAt })
        }),
      ),
      Effect.ignore,
    )
  for (;;) {
    const now = yield* Clock.currentTimeMillis
    const { expiries, lapses } = yield* ledger.due(LANES, FROM_THE_BEGINNING, now + 1, DUE_MAX)
    for (const { orderId } of lapses) yield* end({ _tag: "EndHolds", orderId, lane: Lane.of(orderId), ending: "lapse" })
    for (const { orderId } of expiries) yield* end({ _tag: "ExpireOrder", orderId, voided: "not-voided" })
    if (expiries.length + lapses.length < DUE_MAX) return
  }
})

/** How late a change of a watched product may be noticed. */
const WATCH = Schedule.spaced("250 millis")

type Watched = Map<ProductId, Stock | null>

/** Also what other processes have changed: nothing is owned here. One statement for all. */
const look = Effect.fnUntraced(function* (watched: Watched, changed: Listening["changed"]) {
  if (watched.size === 0) return
  const { products } = yield* (yield* Ledger).load({ ...nothingWanted, products: [...watched.keys()] })
  const news = products.filter(({ product, stock }) => {
    const before = watched.get(product.id)
    if (before === undefined || before?.version === stock.version) return false
    watched.set(product.id, stock)
    return true
  })
  if (news.length > 0) changed(news.map(({ product, stock }) => ({ productId: product.id, stock })))
})

export const layer: Layer.Layer<Workers, never, Inventory | Ledger | Probe> = Layer.effect(
  Workers,
  Effect.gen(function* () {
    const context = Context.omit(Scope.Scope)(yield* Effect.context<Inventory | Ledger | Probe>())
    const inventory = yield* Inventory
    const probe = yield* Probe
    return Workers.of({
      start: Effect.fnUntraced(function* (_, { changed }) {
        // Closing it waits for them: a command is not to be interrupted.
        const run = yield* FiberSet.runtime(yield* FiberSet.make())<never>()
        yield* Effect.forkScoped(Effect.repeat(Effect.ignore(Effect.provideContext(endDue, context)), LOOK))
        const watched: Watched = new Map()
        const looking = Effect.suspend(() => Effect.provideContext(look(watched, changed), context))
        yield* Effect.forkScoped(Effect.repeat(Effect.ignore(looking), WATCH))
        probe.emit({ _tag: "WorkerStarted", worker: 0 })
        return {
          workers: [
            {
              submit: (command, answer) => {
                run(Effect.uninterruptible(inventory.submit(command))).addObserver(answer)
              },
              // Its transaction has begun.
              abandon: () => undefined,
              watch: (productId, isWatched) => {
                if (isWatched) watched.set(productId, null)
                else watched.delete(productId)
              },
            },
          ],
          fenced: Effect.never,
        }
      }),
    })
  }),
)
