/**
 * The counter of views (write-behind): a view is counted in memory and answered, and what was counted is written once a second, one
 * row a product, however many looked.
 *
 * Law: none is counted twice. Lost is at most what was counted since the last writing (FLUSH) when the process dies, and a writing
 * whose outcome the database did not report. At a proper end nothing is.
 * Limits: PRODUCTS_MAX products wait to be written, while the database is away; views of others are not counted then, and the metric
 * says so.
 */
import { Effect, Semaphore } from "effect"
import type { ProductId } from "../domain/ids.ts"
import { Probe } from "../ports/probe.ts"
import { ViewCounts } from "../ports/view-counts.ts"

/** Between two writings: what a kill may cost. */
const FLUSH = "1 second"

/** Products whose views wait: some 2 MB. */
export const PRODUCTS_MAX = 10_000

type Counts = Map<ProductId, number>

const sum = (counts: Counts): number => {
  let views = 0
  for (const count of counts.values()) views += count
  return views
}

/** Until the scope closes, which writes what waits. */
export const make = Effect.gen(function* () {
  const kept = yield* ViewCounts
  const probe = yield* Probe
  let waiting: Counts = new Map()
  let underWay: Counts = new Map()
  const lose = (views: number): void => probe.emit({ _tag: "ViewsLost", views })

  const count = (productId: ProductId, views: number): void => {
    const known = waiting.get(productId)
    if (known === undefined && waiting.size >= PRODUCTS_MAX) return lose(views)
    waiting.set(productId, (known ?? 0) + views)
  }

  const write = Effect.fnUntraced(function* () {
    if (waiting.size === 0) return
    underWay = waiting
    waiting = new Map()
    const written = yield* Effect.result(kept.add(Array.from(underWay, ([productId, views]) => ({ productId, views }))))
    const counts = underWay
    underWay = new Map()
    if (written._tag === "Success") probe.emit({ _tag: "ViewsWritten", views: sum(counts) })
    else if (written.failure.fate === "unknown") lose(sum(counts))
    else for (const [productId, views] of counts) count(productId, views)
  })
  const one = yield* Semaphore.make(1)
  const flush = Effect.uninterruptible(one.withPermits(1)(Effect.suspend(write)))
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(FLUSH), flush)))
  yield* Effect.addFinalizer(() => flush)

  return {
    count: (productId: ProductId): Effect.Effect<void> => Effect.sync(() => count(productId, 1)),
    /** With those that this process has not written yet; those under way may be counted in for a moment more. */
    of: (productId: ProductId) =>
      Effect.suspend(() => {
        const own = (waiting.get(productId) ?? 0) + (underWay.get(productId) ?? 0)
        return Effect.map(kept.of(productId), (views) => views + own)
      }),
  }
})
