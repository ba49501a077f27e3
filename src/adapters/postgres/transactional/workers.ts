/**
 * One worker for all lanes that owns nothing: each command goes to the inventory of one transaction a command. So the
 * lease, the readiness and the drain are those of the service as it is.
 *
 * Law: closing the scope waits for what was begun. Holds end on time: what is due is looked for twice a second.
 */
import { Clock, Context, Effect, FiberSet, Layer, Schedule, Scope } from "effect"
import * as Lane from "../../../domain/lane.ts"
import { type Command, Inventory } from "../../../ports/inventory.ts"
import { Ledger } from "../../../ports/ledger.ts"
import { Probe } from "../../../ports/probe.ts"
import { Workers } from "../../../ports/workers.ts"

/** How late a hold may end. */
const LOOK = Schedule.spaced("500 millis")

/** Ended at a look; more wait for the next, which comes at once. */
const DUE_MAX = 1_000

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
            probe.emit({ _tag: "OrderEnded", outcome: "expired" })
        }),
      ),
      Effect.ignore,
    )
  for (;;) {
    const now = yield* Clock.currentTimeMillis
    const { expiries, lapses } = yield* ledger.due(LANES, now + 1, DUE_MAX)
    for (const { orderId } of lapses) yield* end({ _tag: "EndHolds", orderId, lane: Lane.of(orderId), ending: "lapse" })
    for (const { orderId } of expiries) yield* end({ _tag: "ExpireOrder", orderId, voided: "not-voided" })
    if (expiries.length + lapses.length < DUE_MAX) return
  }
})

export const layer: Layer.Layer<Workers, never, Inventory | Ledger | Probe> = Layer.effect(
  Workers,
  Effect.gen(function* () {
    const context = Context.omit(Scope.Scope)(yield* Effect.context<Inventory | Ledger | Probe>())
    const inventory = yield* Inventory
    const probe = yield* Probe
    return Workers.of({
      start: Effect.fnUntraced(function* () {
        // Closing it waits for them: a command is not to be interrupted.
        const run = yield* FiberSet.runtime(yield* FiberSet.make())<never>()
        yield* Effect.forkScoped(Effect.repeat(Effect.ignore(Effect.provideContext(endDue, context)), LOOK))
        probe.emit({ _tag: "WorkerStarted", worker: 0 })
        return {
          workers: [
            {
              submit: (command, answer) => {
                run(Effect.uninterruptible(inventory.submit(command))).addObserver(answer)
              },
            },
          ],
          fenced: Effect.never,
        }
      }),
    })
  }),
)
