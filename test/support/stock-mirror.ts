/**
 * A consumer from outside: rebuilds the stock of every product from nothing but the stream, as a warehouse would, and
 * writes down whatever the stream should not have published.
 */
import { Deferred, Effect } from "effect"
import type { Stock } from "../../src/domain/stock.ts"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import type { Delivery, Handler } from "../../src/ports/event-stream.ts"
import { STOCK } from "../../src/ports/events.ts"

const nothing: Stock = { onHand: 0, reserved: 0, version: 0 }

interface Written extends Stock {
  readonly onHandDelta: number
  readonly reservedDelta: number
}

export class StockMirror {
  readonly stocks = new Map<string, Stock>()
  readonly mistakes: Array<string> = []
  /** Events that came more than once. */
  repeats = 0
  readonly #positions = new Map<string, number>()
  #change = Deferred.makeUnsafe<void>()

  readonly handler: Handler = {
    consumer: "mirror",
    shop: "any",
    notice: () => Effect.void,
    topics: [STOCK],
    position: (source) => Effect.sync(() => this.#positions.get(source) ?? null),
    handle: ({ deliveries, source }) =>
      Effect.sync(() => {
        for (const each of deliveries) this.#take(each)
        this.#positions.set(source, deliveries.at(-1)!.offset + 1)
        const changed = this.#change
        this.#change = Deferred.makeUnsafe()
        Deferred.doneUnsafe(changed, Effect.void)
      }),
  }

  /** Waits until it knows these versions, or newer ones. */
  until(stocks: ReadonlyMap<string, Stock>): Effect.Effect<void> {
    const isBehind = () => [...stocks].some(([id, { version }]) => (this.stocks.get(id)?.version ?? 0) < version)
    const self = this
    return Effect.gen(function* () {
      while (isBehind()) yield* Deferred.await(self.#change)
    })
  }

  #take({ key, value }: Delivery): void {
    const decoded = CloudEvent.decode(value)
    if (decoded._tag === "Failure") {
      this.mistakes.push(decoded.failure)
      return
    }
    const { onHand, onHandDelta, reserved, reservedDelta, version } = decoded.success.data as unknown as Written
    const before = this.stocks.get(key) ?? nothing
    if (version <= before.version) {
      this.repeats++
      return
    }
    const after = { onHand: before.onHand + onHandDelta, reserved: before.reserved + reservedDelta, version }
    if (version !== before.version + 1) this.mistakes.push(`${key}: version ${version} follows ${before.version}`)
    if (after.onHand !== onHand || after.reserved !== reserved)
      this.mistakes.push(`${key}: version ${version} says ${onHand}/${reserved}, and is ${JSON.stringify(after)}`)
    this.stocks.set(key, after)
  }
}
