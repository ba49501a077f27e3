/**
 * Pausing: an operator stops the sale of one product or of everything, for a while or until it is resumed. Orders are refused before
 * they reach an owner; whatever else is asked goes on: reading, paying, cancelling, shipping.
 *
 * Law: what was paused here refuses from the answer on; another process learns of it within a look, and one that starts before
 * it sells. While the table cannot be read, what was last read of it holds.
 */
import { Clock, Context, Effect, Layer } from "effect"
import type { ProductId } from "../domain/ids.ts"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import type { RequestedLine } from "../ports/inventory.ts"
import { type Pause, Pauses } from "../ports/pauses.ts"

/** Between two looks at what other processes have paused. */
const LOOK = "1 second"

/** Of a pause without an end: when to ask again (s). */
const OPEN_ENDED_SECONDS = 30

/** The longest wait that is advised (s): a pause may be ended before its time. */
const WAIT_MAX_SECONDS = 300

type Watcher = (pauses: ReadonlyArray<Pause>) => void

/** What is paused, to all in this thread who watch it: each is notified of what there is, and of each change. */
export class PauseBoard {
  readonly #watchers = new Set<Watcher>()
  #pauses: ReadonlyArray<Pause> = []

  readonly watch = (watcher: Watcher): (() => void) => {
    this.#watchers.add(watcher)
    watcher(this.#pauses)
    return () => void this.#watchers.delete(watcher)
  }

  put(pauses: ReadonlyArray<Pause>): void {
    if (JSON.stringify(pauses) === JSON.stringify(this.#pauses)) return
    this.#pauses = pauses
    for (const watcher of this.#watchers) watcher(pauses)
  }
}

export interface Pausing {
  /** Why these lines may not be ordered now; null: they may. */
  readonly refusal: (lines: ReadonlyArray<RequestedLine>, now: number) => Unavailable | null
  readonly list: Effect.Effect<ReadonlyArray<Pause>>
  readonly watch: PauseBoard["watch"]
  readonly pause: (pause: Omit<Pause, "since">) => Effect.Effect<Pause, Unavailable>
  readonly resume: (productId: ProductId | null) => Effect.Effect<void, Unavailable>
}

/** Where there is no table of pauses, nothing is paused. */
export const Pausing = Context.Reference<Pausing>("jaego/app/Pausing", {
  defaultValue: () => ({
    refusal: () => null,
    list: Effect.succeed([]),
    watch: new PauseBoard().watch,
    pause: () => Effect.fail(unavailable("database")),
    resume: () => Effect.void,
  }),
})

const isOver = ({ until }: Pause, now: number): boolean => until !== null && until <= now

const refusalOf = ({ until }: Pause, now: number): Unavailable => {
  const seconds = until === null ? OPEN_ENDED_SECONDS : Math.ceil((until - now) / 1_000)
  return unavailable("paused", "undecided", Math.min(WAIT_MAX_SECONDS, seconds))
}

export const layer = Layer.effect(
  Pausing,
  Effect.gen(function* () {
    const pauses = yield* Pauses
    let known = new Map<ProductId | null, Pause>()
    let all: Pause | undefined
    const board = new PauseBoard()
    const learn = (list: ReadonlyArray<Pause>): void => {
      known = new Map(list.map((pause) => [pause.productId, pause]))
      all = known.get(null)
    }
    const list = Effect.map(Clock.currentTimeMillis, (now) =>
      [...known.values()].filter((pause) => !isOver(pause, now)),
    )
    // Time ends pauses too, whether or not the table can be read.
    const put = Effect.map(list, (now) => board.put(now))
    const look = Effect.ensuring(Effect.map(pauses.list, learn), put)
    yield* Effect.ignore(look)
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(LOOK), Effect.ignore(look))))
    const pausing: Pausing = {
      refusal: (lines, now) => {
        // Almost always nothing is.
        if (known.size === 0) return null
        if (all !== undefined && !isOver(all, now)) return refusalOf(all, now)
        for (const { productId } of lines) {
          const pause = known.get(productId)
          if (pause !== undefined && !isOver(pause, now)) return refusalOf(pause, now)
        }
        return null
      },
      list,
      watch: board.watch,
      pause: (given) =>
        Effect.gen(function* () {
          const pause = { ...given, since: yield* Clock.currentTimeMillis }
          yield* pauses.put(pause)
          yield* look
          return pause
        }),
      resume: (productId) => Effect.andThen(pauses.end(productId), look),
    }
    return pausing
  }),
)
